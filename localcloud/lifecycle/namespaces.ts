import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../machines/command.ts";
import { cloudNamespace, machineNamespacePrefix } from "../paths.ts";

const dir = "/run/netns";
const machineName = new RegExp(`^${machineNamespacePrefix}\\d+$`);

export const cloudNamespaceFile = join(dir, cloudNamespace);

/** Of the cloud and of its machines, the cloud's last. */
export function ownNamespaces(): string[] {
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir);
  return [...names.filter((name) => machineName.test(name)), ...names.filter((name) => name === cloudNamespace)];
}

export async function makeCloudNamespace(): Promise<void> {
  if (inodeOf(cloudNamespaceFile) === null) {
    // A name without a namespace: left by an `ip netns add` that was killed half-way.
    await rm(cloudNamespaceFile, { force: true });
    await run(["ip", "netns", "add", cloudNamespace]);
  }
  await run(["ip", "-n", cloudNamespace, "link", "set", "lo", "up"]);
}

/** Processes whose network is the cloud's or a machine's, ours and our parents' not counted. */
export function processesInside(): number[] {
  const inodes = new Set(ownNamespaces().map((name) => inodeOf(join(dir, name))).filter((inode) => inode !== null));
  if (inodes.size === 0) return [];
  const spared = new Set(ancestors());
  return processes().filter((pid) => !spared.has(pid) && inodes.has(netOf(pid) ?? -1));
}

export function processes(): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
}

/** This process and those above it. */
export function ancestors(): number[] {
  const found = [];
  for (let pid = process.pid; pid > 0; pid = parentOf(pid)) found.push(pid);
  return found;
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function netOf(pid: number): number | null {
  try {
    return Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[1]);
  } catch {
    return null;
  }
}

/** null when the file is no namespace: an ordinary file is what remains of one. */
function inodeOf(path: string): number | null {
  try {
    const { ino, dev } = statSync(path);
    return dev === statSync("/proc/self/ns/net").dev ? ino : null;
  } catch {
    return null;
  }
}
