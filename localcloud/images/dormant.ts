import { existsSync } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * One image serves all roles, so its daemons must not start on a machine whose role never asked for them. Installing a
 * package enables its units by links; here they are taken out again. A role's user-data enables what it wants by name
 * (`systemctl enable --now`), which does no harm on a bare image where the installation has done so already.
 *
 * @param diff what the installation changed, as an overlay's upper directory
 */
export async function disableUnitsOf(diff: string): Promise<string[]> {
  const units = join(diff, "etc/systemd/system");
  const removed: string[] = [];
  if (!existsSync(units)) return removed;
  for (const entry of await readdir(units)) {
    const path = join(units, entry);
    if (!/\.(wants|requires|upholds)$/.test(entry) || !(await lstat(path)).isDirectory()) continue;
    for (const link of await readdir(path)) {
      if (!(await lstat(join(path, link))).isSymbolicLink()) continue;
      await rm(join(path, link));
      removed.push(link);
    }
  }
  return removed;
}
