import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readTextIfThere } from "../files.ts";
import { pidsOf } from "../machines/cgroupTree.ts";
import { inotifyPlaces } from "../machines/inotify.ts";
import { readMounts } from "../machines/mounts.ts";
import { cgroupName, machineNamespacePrefix, runDir, stateDir } from "../paths.ts";
import { ownGroups } from "./groups.ts";
import { ancestors, ownNamespaces, processes, processesInside } from "./namespaces.ts";

export type LeftoverKind = "process" | "mount" | "control group" | "namespace" | "loop device" | "file";

export interface Leftover {
  kind: LeftoverKind;
  what: string;
}

/**
 * Everything of the local cloud that is on this host now, asked of the kernel and the disk and not of what the cloud
 * remembers. Empty after `localcloud down`.
 */
export async function leftovers(): Promise<Leftover[]> {
  const groups = await ownGroups();
  const mounts = (await readMounts()).map((mount) => mount.point);
  const own = ownNamespaces();
  const found = new Set([...(await Promise.all(groups.map(pidsOf))).flat(), ...processesInside(), ...processesNamingUs()]);
  const of = (kind: LeftoverKind, items: string[]): Leftover[] => items.map((what) => ({ kind, what }));
  return [
    ...of("process", [...found].map((pid) => `${pid} ${commandOf(pid)}`)),
    ...of("mount", mounts.filter((point) => isOurs(point) || own.some((name) => point.endsWith(`/netns/${name}`)))),
    ...of("control group", groups),
    ...of("namespace", own),
    ...of("loop device", await loopDevices()),
    ...of("file", [stateDir, runDir, join(inotifyPlaces.notes, cgroupName), ...nspawnFiles()].filter((path) => existsSync(path))),
  ];
}

function isOurs(path: string): boolean {
  return [stateDir, runDir].some((dir) => path === dir || path.startsWith(`${dir}/`));
}

/** By their command line, for a process that left the cloud's control groups. */
function processesNamingUs(): number[] {
  const spared = new Set(ancestors());
  return processes().filter((pid) => {
    const command = commandOf(pid);
    return !spared.has(pid) && [`${stateDir}/`, `${runDir}/`, `/${cgroupName}/`].some((part) => command.includes(part));
  });
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim().slice(0, 200);
  } catch {
    return "";
  }
}

/** Those with a file of ours behind them, deleted or not. */
export async function loopDevices(): Promise<string[]> {
  const names = readdirSync("/sys/block").filter((name) => name.startsWith("loop"));
  const ours = await Promise.all(names.map(async (name) => {
    const file = (await readTextIfThere(join("/sys/block", name, "loop/backing_file"))) ?? "";
    return isOurs(file.trim()) ? [`/dev/${name}`] : [];
  }));
  return ours.flat();
}

/** What nspawn keeps by the name of a machine. */
function nspawnFiles(): string[] {
  return ["propagate", "unix-export"].flatMap((kind) => {
    const dir = join("/run/systemd/nspawn", kind);
    if (!existsSync(dir)) return [];
    return readdirSync(dir).filter((name) => new RegExp(`^${machineNamespacePrefix}\\d+$`).test(name)).map((name) => join(dir, name));
  });
}
