import { existsSync } from "node:fs";
import { readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "../files.ts";
import { waitUntil } from "../lifecycle/wait.ts";

/** The group and all below it, the group first; empty when there is none. */
export async function groupTree(group: string): Promise<string[]> {
  try {
    const entries = await readdir(group, { withFileTypes: true });
    const below = await Promise.all(entries.filter((entry) => entry.isDirectory()).map((entry) => groupTree(join(group, entry.name))));
    return [group, ...below.flat()];
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

export async function pidsOf(group: string): Promise<number[]> {
  const lists = await Promise.all((await groupTree(group)).map(async (folder) => {
    try {
      return await readFile(join(folder, "cgroup.procs"), "utf8");
    } catch (error) {
      if (isGone(error) || hasCode(error, "EOPNOTSUPP")) return "";
      throw error;
    }
  }));
  return lists.flatMap((list) => list.split("\n").filter((line) => line !== "").map(Number));
}

/** Everything in it and below, frozen or not. Resolves once nobody is left. */
export async function killGroup(group: string): Promise<void> {
  const whole = join(group, "cgroup.kill");
  await waitUntil(`every process in ${group} has ended`, 10_000, async () => {
    const pids = await pidsOf(group);
    if (pids.length === 0) return true;
    // Linux has it since 5.14. Again each time: what is forked while it works would escape.
    if (existsSync(whole)) await writeFile(whole, "1").catch((error: unknown) => { if (!isGone(error)) throw error; });
    else for (const pid of pids) kill(pid);
    return false;
  });
}

/** Children first. Nothing may live in it any more. */
export async function removeGroup(group: string): Promise<void> {
  await waitUntil(`${group} can be removed`, 5_000, async () => {
    for (const folder of (await groupTree(group)).reverse()) {
      try {
        await rmdir(folder);
      } catch (error) {
        // Busy for a moment after its last process is gone.
        if (hasCode(error, "EBUSY", "ENOTEMPTY")) return false;
        if (!isGone(error)) throw error;
      }
    }
    return true;
  });
}

export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error;
  }
}

/** A group that vanishes while it is used says ENODEV. */
function isGone(error: unknown): boolean {
  return hasCode(error, "ENOENT", "ENODEV");
}
