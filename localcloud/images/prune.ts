import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readMounts } from "../machines/mounts.ts";
import { isStateDir } from "../paths.ts";

export interface Users {
  /** Whether any local cloud of this host, whatever its name, has state. */
  cloudExists(): Promise<boolean>;
  /** Options of every overlay that is mounted: they name its folders. */
  overlays(): Promise<string[]>;
}

/**
 * Removes images that are no longer what is baked. All stay while there is a cloud: its daemon makes machines of the
 * images that it began with, and those that are off are mounted nowhere.
 *
 * @param trees of the images that are baked now
 * @returns the names of those that are removed
 */
export async function pruneImages(root: string, trees: readonly string[], users: Users = host): Promise<string[]> {
  const current = new Set(trees.map((tree) => dirname(tree)));
  const old = (await readdir(root)).filter((name) => /^(bare|baked)-/.test(name) && !current.has(join(root, name)));
  if (old.length === 0 || (await users.cloudExists())) return [];
  const overlays = await users.overlays();
  const unused = old.filter((name) => !overlays.some((options) => options.includes(`${join(root, name)}/`)));
  for (const name of unused) await rm(join(root, name), { recursive: true, force: true });
  return unused;
}

const host: Users = {
  cloudExists: async () => (await readdir("/var/lib")).some((name) => isStateDir(join("/var/lib", name))),
  overlays: async () => (await readMounts()).filter(({ type }) => type === "overlay").map(({ options }) => options.join(",")),
};
