import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { bundle } from "../../../components/artifacts/bundle.ts";
import { packApp } from "../../../components/artifacts/pack.ts";
import { runtimeBinary } from "../../../components/artifacts/runtime.ts";
import { root } from "../../../make/run.ts";

export interface VisitorsBundle {
  /** The archive, for the setting `quickcart:app.bundle`. */
  path: string;
  /** What servers that run it call their release. */
  release: string;
}

const versionPattern = /^[a-z0-9-]{1,32}$/;

/** @param entry another program than the visitors' app, relative to the project, for drills of bundles that are no good */
export async function visitorsCode(version: string, entry = "tests/drills/visitors/app.ts"): Promise<Buffer> {
  if (!versionPattern.test(version)) throw new Error(`a version is 1-32 letters, digits and hyphens, not ${JSON.stringify(version)}`);
  return Buffer.concat([Buffer.from(`// visitors ${version}\n`), await bundle(entry)]);
}

/**
 * The visitors' app as a release. Versions differ in nothing but their label, so their hashes do; the same version of the
 * same sources is the same file again, in whatever process it is asked for.
 */
export async function visitorsBundle(version: string, entry?: string): Promise<VisitorsBundle> {
  const code = await visitorsCode(version, entry);
  // A folder for each version: packing removes what else its folder holds.
  const folder = join(root, "dist", "drills", version);
  await mkdir(folder, { recursive: true });
  const { path, sha256: release } = await packApp(folder, await runtimeBinary(), code);
  return { path, release };
}
