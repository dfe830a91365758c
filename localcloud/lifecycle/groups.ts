import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "../files.ts";
import { hierarchies } from "../machines/cgroups.ts";
import { readMounts } from "../machines/mounts.ts";
import { cgroupName } from "../paths.ts";
import { waitUntil } from "./wait.ts";

/** The control group that a process of the cloud's own, not of a machine, lives in. Made if it is missing. */
export async function serviceGroup(name: string): Promise<string> {
  const group = join((await hierarchies()).unified, cgroupName, "services", name);
  await mkdir(group, { recursive: true });
  return group;
}

/** The group and all below it, the group first; empty when there is none. */
export async function groupTree(group: string): Promise<string[]> {
  try {
    const entries = await readdir(group, { withFileTypes: true });
    const below = await Promise.all(entries.filter((entry) => entry.isDirectory()).map((entry) => groupTree(join(group, entry.name))));
    return [group, ...below.flat()];
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENODEV")) return [];
    throw error;
  }
}

export async function pidsOf(group: string): Promise<number[]> {
  const lists = await Promise.all((await groupTree(group)).map(async (folder) => {
    try {
      return await readFile(join(folder, "cgroup.procs"), "utf8");
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENODEV", "EOPNOTSUPP")) return "";
      throw error;
    }
  }));
  return lists.flatMap((list) => list.split("\n").filter((line) => line !== "").map(Number));
}

/** Everything in it and below, frozen or not. Resolves once nobody is left. */
export async function killGroup(group: string): Promise<void> {
  if (!existsSync(group)) return;
  const whole = join(group, "cgroup.kill");
  await waitUntil(`every process in ${group} has ended`, 10_000, async () => {
    const pids = await pidsOf(group);
    if (pids.length === 0) return true;
    // Linux has it since 5.14. Again each time: what is forked while it works would escape.
    if (existsSync(whole)) await writeFile(whole, "1");
    else for (const pid of pids) kill(pid);
    return false;
  });
}

/** The cloud's group below the root of every hierarchy that the host has. */
export async function ownGroups(): Promise<string[]> {
  const roots = (await readMounts()).filter((mount) => mount.type === "cgroup" || mount.type === "cgroup2").map((mount) => mount.point);
  return [...new Set(roots)].map((root) => join(root, cgroupName)).filter((group) => existsSync(group));
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
        if (!hasCode(error, "ENOENT")) throw error;
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
