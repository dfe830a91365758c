import { join } from "node:path";
import { readTextIfThere } from "../../localcloud/files.ts";
import { tell } from "../../localcloud/client.ts";
import { pidsOf } from "../../localcloud/machines/cgroupTree.ts";
import { hierarchies } from "../../localcloud/machines/cgroups.ts";
import { cgroupName } from "../../localcloud/paths.ts";

const mebibyte = 1024 * 1024;

/** What the local cloud takes of this machine, in MiB: its machines, the files that they have read included, and its own services. */
export async function stackMemory(): Promise<number> {
  const { machines } = await tell("status", {});
  const ofMachines = machines.reduce((sum, { memory }) => sum + (memory ?? 0) / mebibyte, 0);
  const pids = await pidsOf(join((await hierarchies()).unified, cgroupName, "services"));
  return (await Promise.all(pids.map(residentOf))).reduce((sum, resident) => sum + resident, ofMachines);
}

/** 0: it has ended meanwhile. */
async function residentOf(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readTextIfThere(`/proc/${pid}/status`) ?? "")?.[1] ?? 0) / 1024;
}
