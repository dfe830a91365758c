import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { hasCode } from "./errors.ts";

/** A reader sees the old content or the new, never half of it, also after a power loss. */
export async function writeAtomically(path: string, content: string, mode = 0o644): Promise<void> {
  // Always the same name: what a power loss leaves behind is overwritten by the next attempt.
  const part = `${path}.part`;
  try {
    await writeFile(part, content, { mode, flush: true });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}
