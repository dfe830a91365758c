import { buffer } from "node:stream/consumers";
import { tar } from "../../../components/artifacts/tar.ts";
import type { RenderedFile } from "../../../components/rendering/renderedFile.ts";

/** As an archive that is laid over a machine's root folder; of two files at one path the later one counts. */
export async function rootOf(files: readonly RenderedFile[]): Promise<Buffer> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return await buffer(tar([...byPath.values()].map(({ path, permissions, content }) => ({
    name: path.slice(1), mode: Number.parseInt(permissions, 8), size: Buffer.byteLength(content), content: [Buffer.from(content)],
  }))));
}
