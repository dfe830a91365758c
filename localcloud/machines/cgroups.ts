import { existsSync } from "node:fs";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { hasCode } from "../files.ts";
import { waitUntil } from "../lifecycle/wait.ts";
import { killGroup, pidsOf, removeGroup } from "./cgroupTree.ts";
import { type Mount, readMounts } from "./mounts.ts";

/**
 * How this host has its control groups. Three shapes are met: all in version 2; "hybrid", where a version 2 tree without
 * controllers stands beside one version 1 tree a controller; and several controllers in one version 1 tree.
 */
export interface Hierarchies {
  /** Version 2: tracks processes, freezes and kills; has the controllers too unless `memory` and `cpu` name others. */
  unified: string;
  /** Version 1 trees of these controllers, null where version 2 has them. */
  memory: string | null;
  cpu: string | null;
  /** Every other version 1 tree: nspawn mirrors its groups into the one named systemd. */
  others: string[];
}

export interface Limits {
  memoryMiB: number;
  vcpus: number;
}

/** @param mounts of the host, as in /proc/self/mountinfo */
export function hierarchiesAmong(mounts: readonly Mount[]): Hierarchies {
  const unified = mounts.find((mount) => mount.type === "cgroup2")?.point;
  if (unified === undefined) {
    throw new Error("no cgroup2 file system is mounted; mount one, e.g.: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified");
  }
  const version1 = mounts.filter((mount) => mount.type === "cgroup");
  const having = (controller: string): string | null => version1.find((mount) => mount.options.includes(controller))?.point ?? null;
  const memory = having("memory");
  const cpu = having("cpu");
  return { unified, memory, cpu, others: version1.map((mount) => mount.point).filter((point) => point !== memory && point !== cpu) };
}

function all({ unified, memory, cpu, others }: Hierarchies): string[] {
  return [...new Set([unified, memory, cpu, ...others])].filter((tree) => tree !== null);
}

export async function hierarchies(): Promise<Hierarchies> {
  return hierarchiesAmong(await readMounts());
}

/**
 * One directory in every tree, which the limits are set on. Below it the machine lives in `box`, where nspawn makes groups
 * of its own, and in `watch` the shell that waits for nspawn.
 */
export class Cgroup {
  readonly #trees: Hierarchies;
  readonly #path: string;

  /** @param path below each tree's root, e.g. `quickcart-local/machines/7` */
  constructor(trees: Hierarchies, path: string) {
    this.#trees = trees;
    this.#path = path;
  }

  get #box(): string {
    return join(this.#trees.unified, this.#path, "box");
  }

  /** The group of all machines of this cloud. */
  get #cloud(): string {
    return this.#path.split("/")[0] ?? this.#path;
  }

  get #watch(): string {
    return join(this.#trees.unified, this.#path, "watch");
  }

  /**
   * Anew: on a group that was ever killed as a whole, the kernel kills what is born below it later on too (seen with
   * Linux 6.18 and systemd's clone3 into new groups).
   *
   * @returns which limits the host could not set, and why
   */
  async make({ memoryMiB, vcpus }: Limits): Promise<string[]> {
    await this.remove();
    const { unified, memory, cpu } = this.#trees;
    const unset: string[] = [];
    const wanted = [...(memory === null ? ["memory"] : []), ...(cpu === null ? ["cpu"] : [])];
    await enableControllers(unified, this.#path, wanted).catch((error: unknown) => unset.push(`${wanted.join(", ")}: ${String(error)}`));
    await mkdir(this.#box, { recursive: true });
    await mkdir(this.#watch, { recursive: true });
    const bytes = memoryMiB * 1024 * 1024;
    const set = async (tree: string, name: string, value: string | number, path = this.#path): Promise<void> => {
      try {
        await writeFile(join(tree, path, name), String(value));
      } catch (error) {
        unset.push(`${name}: ${String(error)}`);
      }
    };
    if (memory === null) {
      await set(unified, "memory.max", bytes);
      // Droplets have no swap; nor may the host.
      if (existsSync(join(unified, this.#path, "memory.swap.max"))) await set(unified, "memory.swap.max", 0);
    } else {
      await mkdir(join(memory, this.#path), { recursive: true });
      await set(memory, "memory.limit_in_bytes", bytes);
      if (existsSync(join(memory, this.#path, "memory.memsw.limit_in_bytes"))) await set(memory, "memory.memsw.limit_in_bytes", bytes);
    }
    if (cpu === null) {
      await set(unified, "cpu.max", `${vcpus * cpuPeriod} ${cpuPeriod}`);
      await set(unified, "cpu.weight", 100 * cloudWeight, this.#cloud);
    } else {
      await mkdir(join(cpu, this.#path), { recursive: true });
      await set(cpu, "cpu.cfs_period_us", cpuPeriod);
      await set(cpu, "cpu.cfs_quota_us", vcpus * cpuPeriod);
      await set(cpu, "cpu.shares", 1024 * cloudWeight, this.#cloud);
    }
    return unset;
  }

  /** Files which a process writes 0 to, to enter with all that it starts afterwards. */
  entrances(): { box: string[]; watch: string } {
    const { memory, cpu } = this.#trees;
    const version1 = [...new Set([memory, cpu])].filter((tree) => tree !== null).map((tree) => join(tree, this.#path));
    return { box: [this.#box, ...version1].map((folder) => join(folder, "cgroup.procs")), watch: join(this.#watch, "cgroup.procs") };
  }

  /** The machine at once and as a whole: also one that forks all the time cannot escape. Resolves once all, the watching shell too, are gone. */
  async kill(): Promise<void> {
    await killGroup(this.#box);
    await waitUntil(`no process is left in ${this.#watch}`, 10_000, async () => (await pidsOf(this.#watch)).length === 0);
  }

  async freeze(frozen: boolean): Promise<void> {
    await writeFile(join(this.#box, "cgroup.freeze"), frozen ? "1" : "0");
    await waitUntil(`the machine is ${frozen ? "frozen" : "thawed"}`, 10_000, async () => (await this.isFrozen()) === frozen);
  }

  /** @returns the time between the order to freeze and the order to go on, in ms */
  async stall(milliseconds: number): Promise<number> {
    const file = join(this.#box, "cgroup.freeze");
    const began = performance.now();
    await writeFile(file, "1");
    try {
      await pause(milliseconds - (performance.now() - began));
    } finally {
      await writeFile(file, "0");
    }
    return Math.round((performance.now() - began) * 10) / 10;
  }

  async isFrozen(): Promise<boolean> {
    const events = await readIfThere(join(this.#box, "cgroup.events"));
    return /^frozen 1$/m.test(events);
  }

  /** Of all the machine's processes, nspawn's own included. */
  async pids(): Promise<number[]> {
    return pidsOf(this.#box);
  }

  /** In bytes, as the kernel accounts it, page cache included; null where the host does not count. */
  async memory(): Promise<number | null> {
    const { unified, memory } = this.#trees;
    const file = memory === null ? join(unified, this.#path, "memory.current") : join(memory, this.#path, "memory.usage_in_bytes");
    const text = await readIfThere(file);
    return text === "" ? null : Number(text);
  }

  /** In every tree; nothing may run in it any more. */
  async remove(): Promise<void> {
    await removeEverywhere(this.#trees, this.#path);
  }
}

/** Kills whatever runs anywhere below, and removes the groups from every tree. */
export async function endCgroup(trees: Hierarchies, path: string): Promise<void> {
  await killGroup(join(trees.unified, path));
  await removeEverywhere(trees, path);
}

/** In every tree where nobody else uses it. */
export async function removeEmptyCgroup(trees: Hierarchies, path: string): Promise<void> {
  for (const tree of all(trees)) {
    await rmdir(join(tree, path)).catch((error: unknown) => {
      if (!hasCode(error, "ENOENT", "EBUSY", "ENOTEMPTY")) throw error;
    });
  }
}

/**
 * All machines of a cloud together weigh as much as so many processes of the host. At the kernel's default, which is one, a busy
 * host holds them up by 100 to 300 ms at a time: no rented machine stands still like that.
 */
const cloudWeight = 32;

/** Of the scheduler, in microseconds; the kernel's own default. */
const cpuPeriod = 100_000;

/** Controllers pass from a group to its children only where every group above says so. */
async function enableControllers(unified: string, path: string, controllers: readonly string[]): Promise<void> {
  await mkdir(join(unified, path), { recursive: true });
  if (controllers.length === 0) return;
  const steps = path.split("/");
  for (let depth = 0; depth < steps.length; depth++) {
    const folder = join(unified, ...steps.slice(0, depth));
    await writeFile(join(folder, "cgroup.subtree_control"), controllers.map((name) => `+${name}`).join(" "));
  }
}

async function removeEverywhere(trees: Hierarchies, path: string): Promise<void> {
  for (const tree of all(trees)) await removeGroup(join(tree, path));
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    // A group that vanishes while it is read says ENODEV.
    if (hasCode(error, "ENOENT", "ENODEV")) return "";
    throw error;
  }
}
