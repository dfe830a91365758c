import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import type { Artifact } from "./artifact.ts";

export function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

export async function sha256OfFile(path: string): Promise<string> {
  const digest = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), digest);
  return digest.digest("hex");
}

/** Node's own zstd, one thread, a fixed level: the same bytes wherever the pinned Node.js runs. 1.3 s and a third for Node itself; level 9 takes 5 s for a tenth less. */
const level = 3;

/** Writes `content` to `path`, compressed; nothing is there until all of it is, also after a power loss: it would never be made again. */
export async function compressTo(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  try {
    await pipeline(content, createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } }), createWriteStream(part, { flush: true }));
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

export async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}

export async function storeBundle(outDir: string, name: string, bundle: Buffer): Promise<Artifact> {
  const hash = sha256(bundle);
  const path = join(outDir, `${name}-${hash}.mjs`);
  if (!await exists(path)) {
    const part = `${path}.${process.pid}.part`;
    await writeFile(part, bundle, { flush: true });
    await rename(part, path);
  }
  return { key: `agents/${name}-${hash}.mjs`, path, sha256: hash };
}
