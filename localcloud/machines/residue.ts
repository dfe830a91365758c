import { rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "../files.ts";
import { unmountBelow } from "./mounts.ts";

const nspawnDir = "/run/systemd/nspawn";

/** What nspawn would have removed had it ended by itself. Before the root is unmounted: its lock is named by the inode. */
export async function removeNspawnResidue(hostName: string, root: string): Promise<void> {
  for (const kind of ["propagate", "unix-export"]) {
    const folder = join(nspawnDir, kind, hostName);
    await unmountBelow(folder);
    await rmdir(folder).catch(ignoreMissing);
  }
  try {
    const { dev, ino } = await stat(root);
    await rm(join(nspawnDir, "locks", `inode-${dev}:${ino}`), { force: true });
  } catch (error) {
    ignoreMissing(error);
  }
}

function ignoreMissing(error: unknown): void {
  if (!hasCode(error, "ENOENT")) throw error;
}
