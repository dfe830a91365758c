import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Firewall, FirewallRule, MachineSpec } from "../../../localcloud/datacenter.ts";
import { LocalNetworks } from "../../../localcloud/networks/localNetworks.ts";
import { removeNetworkTraces } from "../../../localcloud/networks/traces.ts";
import { Actor, Tap } from "./clients.ts";

/** Why the real kernel cannot be used here; null if it can. */
function whyNoLab(): string | null {
  if (process.getuid?.() !== 0) return "it needs root";
  for (const tool of ["ip", "bridge", "nft", "conntrack", "nsenter", "python3"]) {
    try {
      execFileSync("sh", ["-c", `command -v ${tool}`]);
    } catch {
      return `the program ${tool} is missing`;
    }
  }
  return null;
}

/** Skips the suite, and says why, where the kernel's own networks cannot be had. */
export function describeOnKernel(name: string, suite: () => void): void {
  const why = whyNoLab();
  if (why === null) describe(name, suite);
  else describe.skip(`${name} (skipped: ${why})`, suite);
}

export interface Machine {
  spec: MachineSpec;
  actor: Actor;
}

/** A cloud of its own in namespaces of its own, never reached from the host's. */
export class Lab {
  readonly cloudNetns: string;
  readonly netnsPrefix: string;
  readonly stateFile: string;
  readonly #dir = labDir(process.pid);
  readonly #children: ChildProcess[] = [];
  networks: LocalNetworks;

  private constructor() {
    this.cloudNetns = `qct-${process.pid}`;
    this.netnsPrefix = `qct${process.pid}-`;
    this.stateFile = join(this.#dir, "networks.json");
    execFileSync("ip", ["netns", "add", this.cloudNetns]);
    this.networks = this.newDaemon();
  }

  static async open(): Promise<Lab> {
    await removeDeadLabs();
    const lab = new Lab();
    try {
      await lab.networks.start();
    } catch (error) {
      await lab.close();
      throw error;
    }
    return lab;
  }

  /** What a daemon that was started again has: nothing but the kernel's state and the file. */
  newDaemon(): LocalNetworks {
    const prefix = ["nsenter", `--net=/run/netns/${this.cloudNetns}`];
    return new LocalNetworks({ prefix, netnsPrefix: this.netnsPrefix, stateFile: this.stateFile });
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await removeNetworkTraces({ cloudNetns: this.cloudNetns, netnsPrefix: this.netnsPrefix });
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** Plugs a machine in and does what its cloud-init would. */
  async machine(id: number, vpcId: string, options: { isPublic: boolean } = { isPublic: true }): Promise<Machine> {
    const spec = machineSpec(id, vpcId, options.isPublic);
    await this.plug(spec);
    return { spec, actor: await this.actor(`${this.netnsPrefix}${id}`) };
  }

  async plug(spec: MachineSpec): Promise<void> {
    const { netns } = await this.networks.plug(spec);
    configureInside(netns, spec);
  }

  async cloudActor(): Promise<Actor> {
    return this.actor(this.cloudNetns);
  }

  async actor(netns: string): Promise<Actor> {
    const child = spawn("nsenter", [`--net=/run/netns/${netns}`, process.execPath, "--disable-warning=ExperimentalWarning", join(import.meta.dirname, "actor.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#children.push(child);
    const actor = new Actor(child, netns);
    await actor.ready;
    return actor;
  }

  /** A packet socket on a NIC of the machine, for what no honest program sends. */
  async tap(machine: Machine, nic: string): Promise<Tap> {
    const child = spawn("nsenter", [`--net=/run/netns/${this.netnsPrefix}${machine.spec.id}`, "python3", "-u", join(import.meta.dirname, "tap.py"), nic], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#children.push(child);
    const tap = new Tap(child);
    await tap.ready;
    return tap;
  }

  inCloud(command: string, input = ""): string {
    return execFileSync("nsenter", [`--net=/run/netns/${this.cloudNetns}`, "sh", "-c", command], { input, encoding: "utf8" });
  }
}

/** Of test runs that were killed. */
async function removeDeadLabs(): Promise<void> {
  const names = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  const dead = names.flatMap((name) => /^qct-(\d+)$/.exec(name)?.[1] ?? []).filter((pid) => !existsSync(`/proc/${pid}`));
  for (const pid of dead) {
    await removeNetworkTraces({ cloudNetns: `qct-${pid}`, netnsPrefix: `qct${pid}-` });
    rmSync(labDir(pid), { recursive: true, force: true });
  }
}

function labDir(pid: number | string): string {
  return join(tmpdir(), `quickcart-networks-${pid}`);
}

export const vpcA = { id: "5a4981aa-9653-4bd1-bef5-d6bff52042e4", cidr: "10.10.0.0/20" };
export const vpcB = { id: "e0fe0f4d-596a-465e-a902-571ce57b79fa", cidr: "10.20.0.0/20" };

/** Machine 5 in VPC A has 198.18.1.5, 10.17.0.5 and 10.10.0.5. */
export function machineSpec(id: number, vpcId: string, isPublic = true): MachineSpec {
  const tail = id.toString(16).padStart(2, "0");
  return {
    id,
    name: `m${id}`,
    region: "fra1",
    image: "debian-13-x64",
    vcpus: 1,
    memoryMiB: 512,
    diskGiB: 10,
    userData: null,
    sshKeys: [],
    nics: {
      public: isPublic ? { mac: `02:00:00:00:00:${tail}`, address: `198.18.1.${id}`, anchorAddress: `10.17.0.${id}` } : null,
      private: { mac: `02:00:00:00:01:${tail}`, vpcId, address: `${vpcId === vpcA.id ? "10.10" : "10.20"}.0.${id}`, prefix: 20 },
    },
  };
}

export function configureInside(netns: string, { nics }: MachineSpec): void {
  const vpcNic = nics.public === null ? "eth0" : "eth1";
  const lines = [
    "link set lo up",
    ...(nics.public === null ? [] : [
      "link set eth0 up",
      `addr add ${nics.public.address}/16 dev eth0`,
      `addr add ${nics.public.anchorAddress}/16 dev eth0`,
      "route add default via 198.18.0.1",
    ]),
    `link set ${vpcNic} up`,
    `addr add ${nics.private.address}/${nics.private.prefix} dev ${vpcNic}`,
    ...(nics.public === null ? ["route add 169.254.169.254 dev eth0"] : []),
  ];
  execFileSync("ip", ["-n", netns, "-batch", "-"], { input: lines.join("\n") + "\n" });
}

export function rule(protocol: "tcp" | "udp" | "icmp", ports: number | [number, number] | null, peers: { cidrs?: string[]; machines?: number[] }): FirewallRule {
  const range = typeof ports === "number" ? { from: ports, to: ports } : ports && { from: ports[0], to: ports[1] };
  return { protocol, ports: range, peers: { cidrs: peers.cidrs ?? [], machines: peers.machines ?? [] } };
}

export function firewall(id: string, members: number[], inbound: FirewallRule[], outbound: FirewallRule[] = []): Firewall {
  return { id, members, inbound, outbound };
}

export const anyone = { cidrs: ["0.0.0.0/0", "::/0"] };
