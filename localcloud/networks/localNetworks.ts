import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { reservedNetwork } from "../addresses.ts";
import type { Firewall, MachineId, MachineSpec, Networks, Vpc } from "../datacenter.ts";
import { runDir } from "../paths.ts";
import { checkVpc, publicNetworkLines, sysctlScript, vpcLines } from "./bridges.ts";
import { Commands } from "./commands.ts";
import { forgetAddresses, forgetReserved } from "./connections.ts";
import { type FaultPort, withLoss, withoutFaults, withPartition } from "./faultList.ts";
import { overlaps, parseCidr } from "./ipv4.ts";
import { addressesOf, cablesOf, machineNetns, machineOfNetns, machineOfPort, netnsDir, type Plugged, publicBridge, vpcBridge } from "./names.ts";
import { checkPlug } from "./plugChecks.ts";
import { cutLines, forwardingLines, plugLines, raiseLines, unplugLines } from "./ports.ts";
import { allParts, compileRuleset, type Part } from "./ruleset.ts";
import { RulesetWriter } from "./rulesetWriter.ts";
import { Serial } from "./serial.ts";
import { emptyState, type NetworkState, StateFile } from "./state.ts";

export interface LocalNetworksOptions {
  /** What to run commands with to be in the cloud's namespace. Default: nothing, the process is in it. */
  prefix?: readonly string[];
  /** Machine 5's namespace is `<prefix>5`. Default `qc-`. */
  netnsPrefix?: string;
  /** Where the state is kept for the next daemon. Default `networks.json` in the run directory. */
  stateFile?: string;
}

/**
 * Bridges, NICs, firewalls, reserved addresses and faults of the local cloud, made of the kernel's own. All rules are
 * compiled from one state; the state changes at once, and every method resolves when the kernel has followed.
 */
export class LocalNetworks implements Networks {
  readonly #commands: Commands;
  readonly #netnsPrefix: string;
  readonly #file: StateFile;
  readonly #rules = new RulesetWriter((parts) => this.#load(parts));
  readonly #serial = new Serial<MachineId | "bridges">();
  #state: NetworkState = emptyState;

  constructor(options: LocalNetworksOptions = {}) {
    this.#commands = new Commands(options.prefix);
    this.#netnsPrefix = options.netnsPrefix ?? "qc-";
    this.#file = new StateFile(options.stateFile ?? join(runDir, "networks.json"));
  }

  async start(): Promise<void> {
    await this.#serial.run("bridges", async () => {
      const [links, rules] = await Promise.all([this.#links(), this.#commands.run(["ip", "rule", "show", "priority", "169"])]);
      // The public bridge is the witness: without it the file speaks of a namespace that is gone.
      this.#state = links.has(publicBridge) ? this.#file.read() : emptyState;
      this.#file.write(this.#state);
      await this.#commands.run(["sh", "-e"], { input: sysctlScript() });
      await this.#commands.ipBatch([
        ...publicNetworkLines({ links, hasMetadataRule: rules.trim() !== "" }),
        ...this.#state.vpcs.flatMap((vpc) => vpcLines(vpc, links)),
      ]);
      await this.#rules.apply(allParts);
    });
  }

  async addVpc(vpc: Vpc): Promise<void> {
    await this.#serial.run("bridges", async () => {
      checkVpc(vpc, this.#state.vpcs);
      const known = this.#state.vpcs.find(({ id }) => id === vpc.id);
      if (known !== undefined && known.cidr !== vpc.cidr) {
        throw new Error(`VPC ${vpc.id} has ${known.cidr} and cannot change to ${vpc.cidr}: a VPC keeps its range for life`);
      }
      await this.#commands.ipBatch(vpcLines(vpc, await this.#links()));
      if (known === undefined) await this.#change({ vpcs: [...this.#state.vpcs, { id: vpc.id, cidr: vpc.cidr }] }, ["filter"]);
    });
  }

  async removeVpc(id: string): Promise<void> {
    await this.#serial.run("bridges", async () => {
      const inside = this.#state.machines.filter(({ nics }) => nics.private.vpcId === id);
      if (inside.length > 0) {
        throw new Error(`VPC ${id} still has machines (${inside.map((machine) => machine.id).join(", ")}): unplug them first`);
      }
      await this.#commands.ipRemove([`link del ${vpcBridge(id)}`]);
      if (this.#state.vpcs.some((vpc) => vpc.id === id)) {
        await this.#change({ vpcs: this.#state.vpcs.filter((vpc) => vpc.id !== id) }, ["filter"]);
      }
    });
  }

  async plug(machine: MachineSpec): Promise<{ netns: string }> {
    const netns = machineNetns(this.#netnsPrefix, machine.id);
    const cables = cablesOf(machine);
    await this.#serial.run(machine.id, async () => {
      checkPlug(machine, this.#state);
      await this.#commands.ipRemove(unplugLines(netns, machine.id));
      try {
        await this.#commands.ipBatch(plugLines(netns, cables));
        await Promise.all([
          this.#commands.run(["bridge", "-batch", "-"], { input: forwardingLines(cables).join("\n") + "\n" }),
          this.#register(machine),
        ]);
        await this.#commands.ipBatch(raiseLines(cables));
      } catch (error) {
        await this.#commands.ipRemove(unplugLines(netns, machine.id));
        throw error;
      }
    });
    return { netns };
  }

  async adopt(machine: MachineSpec): Promise<void> {
    await this.#serial.run(machine.id, async () => {
      checkPlug(machine, this.#state);
      const netns = machineNetns(this.#netnsPrefix, machine.id);
      const links = await this.#links();
      const missing = cablesOf(machine).map(({ port }) => port).filter((port) => !links.has(port));
      if (!existsSync(join(netnsDir, netns)) || missing.length > 0) {
        const what = missing.length > 0 ? `port ${missing.join(" and ")}` : `namespace ${netns}`;
        throw new Error(`machine ${machine.id} cannot be adopted, its ${what} is gone: end what is left of it and plug it in again`);
      }
      await this.#register(machine);
    });
  }

  async cut(id: MachineId): Promise<void> {
    await this.#commands.ipRemove(cutLines(id));
  }

  async unplug(id: MachineId): Promise<void> {
    await this.#serial.run(id, async () => {
      await this.#commands.ipRemove(unplugLines(machineNetns(this.#netnsPrefix, id), id));
      const machine = this.#state.machines.find((one) => one.id === id);
      if (machine === undefined) return;
      await this.#change({
        machines: this.#state.machines.filter((one) => one !== machine),
        faults: withoutFaults(this.#state.faults, id),
      }, allParts);
      // The next machine with this address must not inherit what the firewall once let through.
      await forgetAddresses(this.#commands, addressesOf(machine));
    });
  }

  /** Unplugs every machine and removes every VPC that is not among the known: debris of a daemon that was killed. */
  async prune(known: { machines: Iterable<MachineId>; vpcs: Iterable<string> }): Promise<void> {
    const machines = new Set(known.machines);
    const vpcs = new Set(known.vpcs);
    const found = [
      ...this.#state.machines.map(({ id }) => id),
      ...[...await this.#links()].map(machineOfPort),
      ...readdirSync(netnsDir).map((netns) => machineOfNetns(this.#netnsPrefix, netns)),
    ].filter((id) => id !== null);
    await Promise.all([...new Set(found)].filter((id) => !machines.has(id)).map((id) => this.unplug(id)));
    await this.#change({ reserved: this.#state.reserved.filter(({ machine }) => machines.has(machine)) }, ["nat"]);
    for (const { id } of this.#state.vpcs.filter((vpc) => !vpcs.has(vpc.id))) await this.removeVpc(id);
  }

  async applyFirewalls(firewalls: Firewall[]): Promise<void> {
    await this.#change({ firewalls: structuredClone(firewalls) }, ["filter"]);
  }

  async assignReservedAddress(address: string, machine: MachineId | null): Promise<void> {
    if (!overlaps(parseCidr(address), parseCidr(reservedNetwork.cidr))) {
      throw new Error(`${address} cannot be reserved: reserved addresses are in ${reservedNetwork.cidr}`);
    }
    const holder = this.#state.reserved.find((one) => one.address === address)?.machine ?? null;
    if (holder === machine) return;
    if (this.#state.machines.some(({ id, nics }) => id === machine && nics.public === null)) {
      throw new Error(`machine ${machine} cannot hold ${address}: it has no public NIC`);
    }
    const others = this.#state.reserved.filter((one) => one.address !== address);
    await this.#change({ reserved: machine === null ? others : [...others, { address, machine }] }, ["nat"]);
    await forgetReserved(this.#commands, address);
  }

  async partition(from: MachineId, to: MachineId | null, only?: FaultPort): Promise<void> {
    this.#checkPlugged(to === null ? [from] : [from, to]);
    await this.#change({ faults: withPartition(this.#state.faults, from, to, only ?? null) }, ["faults"]);
  }

  async heal(id?: MachineId): Promise<void> {
    await this.#change({ faults: withoutFaults(this.#state.faults, id) }, ["faults"]);
  }

  async lose(id: MachineId, percent: number): Promise<void> {
    this.#checkPlugged([id]);
    await this.#change({ faults: withLoss(this.#state.faults, id, percent) }, ["faults"]);
  }

  #checkPlugged(ids: readonly MachineId[]): void {
    const missing = ids.find((id) => !this.#state.machines.some((machine) => machine.id === id));
    if (missing !== undefined) throw new Error(`machine ${missing} is not plugged in: a fault needs a machine with cables`);
  }

  /** A machine that is powered on again has the NICs that it had: nothing to load then. */
  async #register({ id, nics }: Plugged): Promise<void> {
    const entry: Plugged = {
      id,
      nics: {
        public: nics.public && { mac: nics.public.mac, address: nics.public.address, anchorAddress: nics.public.anchorAddress },
        private: { mac: nics.private.mac, vpcId: nics.private.vpcId, address: nics.private.address, prefix: nics.private.prefix },
      },
    };
    const before = this.#state.machines.find((one) => one.id === id);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(entry)) return;
    await this.#change({ machines: [...this.#state.machines.filter((one) => one.id !== id), entry] }, allParts);
  }

  /** Changes nothing if the new state cannot be expressed in rules. */
  async #change(change: Partial<NetworkState>, parts: readonly Part[]): Promise<void> {
    const next = { ...this.#state, ...change };
    compileRuleset(next, parts);
    this.#state = next;
    this.#file.write(next);
    await this.#rules.apply(parts);
  }

  async #load(parts: ReadonlySet<Part>): Promise<void> {
    await this.#commands.run(["nft", "-f", "-"], { input: compileRuleset(this.#state, parts) });
  }

  async #links(): Promise<Set<string>> {
    const listing = await this.#commands.run(["ip", "-o", "link", "show"]);
    return new Set(Array.from(listing.matchAll(/^\d+: ([^:@\s]+)/gm), (match) => match[1] ?? ""));
  }
}
