import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readTextIfThere } from "../files.ts";
import { endCgroup, hierarchies, removeEmptyCgroup } from "./cgroups.ts";
import { run } from "./command.ts";
import { foldersOf, machinesIn } from "./folders.ts";
import { restoreInotifyLimit } from "./inotify.ts";
import { unmountBelow } from "./mounts.ts";
import { machinesCgroup } from "./options.ts";
import { removeNspawnResidue } from "./residue.ts";

export interface TraceOptions {
  stateDir: string;
  runDir: string;
  cgroupName: string;
  namePrefix: string;
}

/**
 * From the host, without a daemon: ends all machines and removes what they left, however they ended. Idempotent. Their
 * network namespaces belong to the networks, which go afterwards.
 */
export async function removeMachineTraces({ stateDir, runDir, cgroupName, namePrefix }: TraceOptions): Promise<void> {
  const trees = await hierarchies();
  await endCgroup(trees, machinesCgroup(cgroupName));
  await removeEmptyCgroup(trees, cgroupName);
  for (const id of await idsOf([stateDir, runDir])) {
    await removeNspawnResidue(`${namePrefix}${id}`, foldersOf({ stateDir, runDir }, id).root);
  }
  await unmountBelow(machinesIn(runDir));
  await detachLoops(machinesIn(stateDir));
  await restoreInotifyLimit(cgroupName);
  for (const dir of [runDir, stateDir]) await rm(machinesIn(dir), { recursive: true, force: true, maxRetries: 3 });
}

async function idsOf(dirs: readonly string[]): Promise<number[]> {
  const names = await Promise.all(dirs.map(async (dir) => (existsSync(machinesIn(dir)) ? readdir(machinesIn(dir)) : [])));
  return [...new Set(names.flat())].filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Those whose mount is gone but that something kept: they hold the disk's space although the file is removed. */
async function detachLoops(folder: string): Promise<void> {
  for (const name of await readdir("/sys/block")) {
    if (!name.startsWith("loop")) continue;
    const file = await readTextIfThere(join("/sys/block", name, "loop/backing_file")).catch(() => null);
    if (file?.startsWith(`${folder}/`)) await run(["losetup", "--detach", `/dev/${name}`]);
  }
}
