import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { hierarchies } from "../machines/cgroups.ts";
import { readMounts } from "../machines/mounts.ts";
import { cgroupName } from "../paths.ts";

/** The control group that a process of the cloud's own, not of a machine, lives in. Made if it is missing. */
export async function serviceGroup(name: string): Promise<string> {
  const group = join((await hierarchies()).unified, cgroupName, "services", name);
  await mkdir(group, { recursive: true });
  return group;
}

/** The cloud's group below the root of every hierarchy that the host has. */
export async function ownGroups(): Promise<string[]> {
  const roots = (await readMounts()).filter((mount) => mount.type === "cgroup" || mount.type === "cgroup2").map((mount) => mount.point);
  return [...new Set(roots)].map((root) => join(root, cgroupName)).filter((group) => existsSync(group));
}
