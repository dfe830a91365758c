import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { machineNode } from "../../agents/bundle.ts";
import { keys } from "../../agents/documents.ts";
import type { Artifact } from "./artifact.ts";
import type { Binary } from "./runtime.ts";
import { compressTo, exists, sha256, sha256OfFile } from "./store.ts";
import { link, tar } from "./tar.ts";

/** The app's bundle: its code, and the Node.js that it was tested with, which machines have. */
export async function packApp(outDir: string, binary: Binary, main: Buffer): Promise<Artifact> {
  const name = `app-${sha256(Buffer.from(binary.sha256 + sha256(main)))}.tar.zst`;
  const path = join(outDir, name);
  if (!await exists(path)) {
    await compressTo(path, tar([
      { name: "main.mjs", mode: 0o644, size: main.byteLength, content: [main] },
      link("node", machineNode(binary.sha256)),
    ]));
    // The bucket has what is still in use.
    const older = (await readdir(outDir)).filter((other) => /^app-[0-9a-f]{64}\.tar\.zst$/.test(other) && other !== name);
    await Promise.all(older.map((other) => rm(join(outDir, other), { force: true })));
  }
  const hash = await sha256OfFile(path);
  return { key: keys.app(hash), path, sha256: hash };
}
