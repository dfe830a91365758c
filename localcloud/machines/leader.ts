import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { type Cgroup } from "./cgroups.ts";
import { hasCode } from "../files.ts";
import { type ProcessId, isInit, statOf } from "./process.ts";

/** The machine's init: told by its control group, so that a pid's later owner is never taken for it. */
export async function findLeader(cgroup: Cgroup): Promise<ProcessId | null> {
  for (const pid of await cgroup.pids()) {
    if (!isInit(pid)) continue;
    const stat = statOf(pid);
    // Before it becomes systemd it is still nspawn, setting the machine up.
    if (stat?.name === "systemd" && stat.state !== "Z") return { pid: stat.pid, startTime: stat.startTime };
  }
  return null;
}

/** Resolves to null when nspawn ended instead, which it says in the file `exit`. */
export async function awaitLeader(cgroup: Cgroup, exit: string, limitMs: number): Promise<ProcessId | null> {
  for (const end = Date.now() + limitMs; ; await pause(10)) {
    const leader = await findLeader(cgroup);
    if (leader !== null) return leader;
    if ((await readExit(exit)) !== null) return null;
    if (Date.now() > end) throw new Error(`no init after ${limitMs / 1000} s`);
  }
}

/** nspawn's status, null while it runs. */
export async function readExit(path: string): Promise<number | null> {
  try {
    return Number(await readFile(path, "utf8"));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}
