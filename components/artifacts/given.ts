import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { keys } from "../../agents/documents.ts";
import { hasCode } from "../../agents/errors.ts";
import type { Artifact } from "./artifact.ts";
import { BundleError } from "./check.ts";
import { sha256OfFile } from "./store.ts";

/** A bundle of the app that was built elsewhere. */
export async function givenApp(given: string): Promise<Artifact> {
  const path = resolve(given);
  try {
    if (!(await stat(path)).isFile()) throw new BundleError(path, "it is no file");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) throw new BundleError(path, "there is no such file (setting quickcart:app.bundle)");
    throw error;
  }
  const sha256 = await sha256OfFile(path);
  return { key: keys.app(sha256), path, sha256 };
}
