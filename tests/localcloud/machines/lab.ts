import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type MachineId, type MachineSpec, type Networks } from "../../../localcloud/datacenter.ts";
import { type Images, findImages } from "../../../localcloud/images/bake.ts";
import { silentLog } from "../../../localcloud/lifecycle/log.ts";
import { waitUntil } from "../../../localcloud/lifecycle/wait.ts";
import { hierarchies } from "../../../localcloud/machines/cgroups.ts";
import { capture, run } from "../../../localcloud/machines/command.ts";
import { LocalMachines } from "../../../localcloud/machines/localMachines.ts";
import { removeMachineTraces } from "../../../localcloud/machines/traces.ts";

/** Why real machines cannot be tested here; null when they can. */
export function whyNot(): string | null {
  if (process.getuid?.() !== 0) return "machines need root";
  if (findImages() === null) return "no image is baked: node localcloud/images/main.ts";
  return null;
}

/** A cloud's machines under names of their own, on one bridge in a namespace without a way out. */
export class Lab {
  readonly machines: LocalMachines;
  readonly networks: Cables;
  readonly dirs: { stateDir: string; runDir: string };
  readonly names: { cgroupName: string; namePrefix: string };
  readonly #images: Images;
  readonly #root: string;

  private constructor(root: string, images: Images) {
    const name = `qct${process.pid}`;
    this.#root = root;
    this.#images = images;
    this.dirs = { stateDir: join(root, "state"), runDir: join(root, "run") };
    this.names = { cgroupName: name, namePrefix: `${name}-` };
    this.networks = new Cables(name);
    this.machines = this.another();
  }

  static async make(): Promise<Lab> {
    const images = findImages();
    if (images === null) throw new Error("no image");
    const lab = new Lab(await mkdtemp("/var/tmp/quickcart-machines-"), images);
    try {
      await mkdir(join(lab.extraLayer, "etc"), { recursive: true });
      await writeFile(join(lab.extraLayer, "etc/from-the-cloud"), "trust me");
      await lab.networks.make();
      await lab.machines.start([]);
      return lab;
    } catch (error) {
      await lab.end();
      throw error;
    }
  }

  get extraLayer(): string {
    return join(this.#root, "extra");
  }

  /** As a new daemon would have them. */
  another(): LocalMachines {
    return new LocalMachines({ networks: this.networks, images: this.#images, extraLayer: this.extraLayer, ...this.dirs, ...this.names, log: silentLog, shutdownLimit: 15_000 });
  }

  async end(): Promise<void> {
    this.machines.close();
    await removeMachineTraces({ ...this.dirs, ...this.names });
    await this.networks.end();
    await rm(this.#root, { recursive: true, force: true });
  }

  spec(id: MachineId, changes: Partial<MachineSpec> = {}): MachineSpec {
    const tail = id.toString(16).padStart(2, "0");
    return {
      id, name: `app-${id}`, region: "fra1", image: "debian-13-x64", vcpus: 1, memoryMiB: 512, diskGiB: 10, userData: null, sshKeys: [],
      nics: {
        public: { mac: `02:00:00:00:00:${tail}`, address: `198.18.1.${id}`, anchorAddress: `10.17.0.${id + 4}` },
        private: { mac: `02:01:00:00:00:${tail}`, vpcId: "v", address: `10.10.0.${id + 1}`, prefix: 20 },
      },
      ...changes,
    };
  }

  async sh(id: MachineId, script: string, machines = this.machines): Promise<string> {
    const { code, stdout, stderr } = await machines.runInside(id, ["sh", "-c", script], { timeout: 60_000 });
    if (code !== 0) throw new Error(`\`${script}\` ended with ${code}: ${stderr}${stdout}`);
    return stdout.trim();
  }

  /** Resolves once this boot's cloud-init is through. */
  async cloudInit(id: MachineId, machines = this.machines): Promise<void> {
    await waitUntil(`cloud-init of machine ${id} to finish`, 120_000, () => {
      const leader = machines.leaderPid(id);
      return leader !== null && existsSync(`/proc/${leader}/root/run/cloud-init/result.json`);
    });
  }
}

class Cables implements Pick<Networks, "plug" | "cut" | "unplug" | "adopt"> {
  readonly #name: string;
  readonly adopted: MachineId[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  get #core(): string {
    return `${this.#name}-core`;
  }

  async make(): Promise<void> {
    await run(["ip", "netns", "add", this.#core]);
    await run(["ip", "-n", this.#core, "-batch", "-"], { input: [
      "link add wire type bridge", "link set wire up", "link set lo up",
      "addr add 198.18.0.1/16 dev wire", "addr add 169.254.169.254/32 dev lo", "",
    ].join("\n") });
  }

  async plug(machine: MachineSpec): Promise<{ netns: string }> {
    await this.unplug(machine.id);
    const netns = `${this.#name}-${machine.id}`;
    await run(["ip", "netns", "add", netns]);
    const nics = [machine.nics.public?.mac, machine.nics.private.mac].filter((mac) => mac !== undefined);
    for (const [index, mac] of nics.entries()) {
      const port = `p${machine.id}-${index}`;
      await run(["ip", "link", "add", port, "netns", this.#core, "type", "veth", "peer", "name", `eth${index}`, "netns", netns, "address", mac]);
      await run(["ip", "-n", this.#core, "link", "set", port, "master", "wire", "up"]);
    }
    return { netns };
  }

  async adopt(machine: MachineSpec): Promise<void> {
    this.adopted.push(machine.id);
  }

  async cut(id: MachineId): Promise<void> {
    await capture(["ip", "-n", this.#core, "link", "set", `p${id}-0`, "down"]);
  }

  async unplug(id: MachineId): Promise<void> {
    await capture(["ip", "netns", "del", `${this.#name}-${id}`]);
    for (const index of [0, 1]) await capture(["ip", "-n", this.#core, "link", "del", `p${id}-${index}`]);
  }

  async pings(address: string): Promise<boolean> {
    return (await capture(["nsenter", `--net=/run/netns/${this.#core}`, "ping", "-c1", "-W1", address])).code === 0;
  }

  async end(): Promise<void> {
    for (const name of await readdir("/run/netns")) if (name.startsWith(`${this.#name}-`)) await run(["ip", "netns", "del", name]);
  }
}

/** As the kernel has them in force. */
export async function limitsOf(cgroupName: string, id: MachineId): Promise<{ memory: number; processors: number }> {
  const trees = await hierarchies();
  const read = async (tree: string, file: string): Promise<string> => readFile(join(tree, cgroupName, "machines", String(id), file), "utf8");
  const memory = trees.memory === null ? await read(trees.unified, "memory.max") : await read(trees.memory, "memory.limit_in_bytes");
  const [quota, period] = trees.cpu === null
    ? (await read(trees.unified, "cpu.max")).split(" ")
    : [await read(trees.cpu, "cpu.cfs_quota_us"), await read(trees.cpu, "cpu.cfs_period_us")];
  return { memory: Number(memory), processors: Number(quota) / Number(period) };
}

/** Whatever of machines can be seen on the host. */
export async function traces(name: string): Promise<Record<string, string[]>> {
  const lines = async (path: string): Promise<string[]> => (await readFile(path, "utf8")).split("\n");
  const tree = async (folder: string): Promise<string[]> => (existsSync(folder) ? readdir(folder) : []);
  const cgroups = (await lines("/proc/self/mountinfo")).filter((line) => / - cgroup2? /.test(line)).map((line) => line.split(" ")[4] ?? "");
  await mkdir("/run/netns", { recursive: true });
  return {
    mounts: (await lines("/proc/self/mountinfo")).filter((line) => line.includes("quickcart-machines-") || line.includes(name)),
    loops: (await Promise.all((await readdir("/sys/block")).map(async (block) => {
      const file = `/sys/block/${block}/loop/backing_file`;
      return existsSync(file) ? [(await readFile(file, "utf8")).trim()] : [];
    }))).flat().filter((file) => file.includes("quickcart-machines-")),
    cgroups: (await Promise.all(cgroups.map(async (folder) => (await tree(folder)).filter((group) => group === name).map((group) => join(folder, group))))).flat(),
    namespaces: (await readdir("/run/netns")).filter((entry) => entry.startsWith(name)),
    nspawn: (await Promise.all(["propagate", "unix-export"].map((kind) => tree(`/run/systemd/nspawn/${kind}`)))).flat().filter((entry) => entry.startsWith(name)),
    processes: (await processes()).filter((command) => command.includes(name)),
  };
}

async function processes(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  return Promise.all(pids.map(async (pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
}
