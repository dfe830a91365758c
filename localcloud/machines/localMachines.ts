import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type MachineId, type MachineSpec, type Machines, type PowerChange } from "../datacenter.ts";
import { hasCode, messageOf } from "../files.ts";
import { hierarchies } from "./cgroups.ts";
import { type Result } from "./command.ts";
import { boundConsole, consoleEnd } from "./console.ts";
import { foldersOf, machinesIn } from "./folders.ts";
import { raiseInotifyLimit } from "./inotify.ts";
import { runInside, terminalArgv } from "./inside.ts";
import { Machine } from "./machine.ts";
import { type MachinesOptions, type Rack } from "./options.ts";
import { Queues } from "./queues.ts";
import { readRecord } from "./record.ts";

/** How long a machine that rebooted itself may stay unnoticed, in ms. */
const tendEvery = 200;
const boundConsolesEvery = 10_000;

/** Machines are systemd-nspawn containers. They go on running while no daemon is there. */
export class LocalMachines implements Machines {
  readonly #options: MachinesOptions;
  readonly #machines = new Map<MachineId, Machine>();
  readonly #queues = new Queues<MachineId>();
  readonly #timers: NodeJS.Timeout[] = [];
  #rack: Rack | null = null;
  #poweredOff: (id: MachineId) => Promise<void> = () => Promise.resolve();
  #image: "baked" | "bare" = "baked";

  constructor(options: MachinesOptions) {
    this.#options = options;
  }

  async start(known: MachineSpec[]): Promise<void> {
    const { stateDir, runDir, cgroupName, log } = this.#options;
    const rack: Rack = { ...this.#options, trees: await hierarchies(), poweredOff: (id) => this.#poweredOff(id) };
    this.#rack = rack;
    for (const dir of [stateDir, runDir]) await mkdir(machinesIn(dir), { recursive: true, mode: 0o700 });
    await raiseInotifyLimit(cgroupName);
    const wanted = new Map(known.map((machine) => [machine.id, machine]));
    const found = new Set((await Promise.all([stateDir, runDir].map((dir) => idsIn(machinesIn(dir))))).flat());
    await Promise.all([...new Set([...found, ...wanted.keys()])].map(async (id) => {
      try {
        await this.#queues.run(id, () => this.#resume(rack, id, wanted.get(id) ?? null));
      } catch (error) {
        // One machine that does not come up must not keep the cloud from the others.
        log.error("machine did not come back", { machine: id, why: messageOf(error) });
      }
    }));
    this.#every(tendEvery, (machine) => this.#tend(machine));
    this.#every(boundConsolesEvery, (machine) => boundConsole(machine.folders.console));
  }

  /** Machines made from now on; those that are there keep theirs. */
  useImage(image: "baked" | "bare"): void {
    this.#image = image;
  }

  async create(spec: MachineSpec): Promise<void> {
    const rack = this.#racked();
    await this.#queues.run(spec.id, async () => {
      if (this.#machines.has(spec.id)) throw new Error(`machine ${spec.id} exists already`);
      await this.#build(rack, spec);
    });
  }

  async destroy(id: MachineId): Promise<void> {
    const rack = this.#racked();
    await this.#queues.run(id, async () => {
      const machine = this.#machines.get(id) ?? leftover(rack, id);
      this.#machines.delete(id);
      await machine.remove();
    });
  }

  async power(id: MachineId, change: PowerChange): Promise<void> {
    const machine = this.#machine(id);
    // Nobody waits for a shutdown under way before pulling the plug, and first there is silence on the wire: else the
    // dying machine's FIN and RST would tell others of its end.
    if (change === "loss") await this.#options.networks.cut(id);
    if (change === "loss" || change === "off") await machine.cgroup.kill();
    await this.#queues.run(id, async () => {
      switch (change) {
        case "on":
          if (machine.leaderPid() === null) await machine.boot();
          return;
        case "off":
        case "loss": return machine.switchOff();
        case "shutdown": return machine.shutDown();
        case "reboot": return machine.reboot();
      }
    });
  }

  onPoweredOff(listener: (id: MachineId) => Promise<void>): void {
    this.#poweredOff = listener;
  }

  async resize(spec: MachineSpec): Promise<void> {
    const machine = this.#machine(spec.id);
    await this.#queues.run(spec.id, () => machine.resize(spec));
  }

  async freeze(id: MachineId, frozen: boolean): Promise<void> {
    const { machine } = this.#running(id);
    await this.#queues.run(id, () => machine.cgroup.freeze(frozen));
  }

  /** Frozen for this long, measured here, where no command's start adds to it. @returns how long it was in truth */
  async stall(id: MachineId, milliseconds: number): Promise<number> {
    const { machine } = this.#running(id);
    return await this.#queues.run(id, () => machine.cgroup.stall(milliseconds));
  }

  async fillDisk(id: MachineId, full: boolean): Promise<void> {
    const machine = this.#machine(id);
    await this.#queues.run(id, () => machine.fillDisk(full));
  }

  isRunning(id: MachineId): boolean {
    return this.leaderPid(id) !== null;
  }

  leaderPid(id: MachineId): number | null {
    return this.#machines.get(id)?.leaderPid() ?? null;
  }

  async console(id: MachineId, bytes: number): Promise<string> {
    return consoleEnd(this.#machine(id).folders.console, bytes);
  }

  /** As root of the machine, by its own init: with its limits and capabilities. */
  async runInside(id: MachineId, argv: readonly string[], options: { timeout?: number; input?: string } = {}): Promise<Result> {
    return runInside(this.#running(id).pid, argv, options);
  }

  /** What to run on the host for a terminal in the machine; a login shell when no command is given. */
  terminalArgv(id: MachineId, argv?: readonly string[]): string[] {
    return terminalArgv(this.#running(id).pid, argv);
  }

  /** In bytes, page cache included; null when it is off or the host does not count. */
  async memory(id: MachineId): Promise<number | null> {
    return this.isRunning(id) ? this.#machine(id).cgroup.memory() : null;
  }

  /** Stops looking after the machines and leaves them running. */
  close(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  async #build(rack: Rack, spec: MachineSpec): Promise<void> {
    const machine = new Machine(rack, { machine: spec, layers: this.#layers(), power: "on" });
    try {
      await machine.layOut();
      this.#machines.set(spec.id, machine);
      await machine.boot();
    } catch (error) {
      // Its disk and its console stay until it is destroyed: someone will want to look.
      if (!this.#machines.has(spec.id)) await machine.remove();
      throw error;
    }
  }

  #layers(): string[] {
    const { images, extraLayer } = this.#options;
    if (images === null) throw new Error("this cloud was raised with --api-only and has no images to build machines from; `localcloud down`, then `localcloud up`");
    return [...(extraLayer === null ? [] : [extraLayer]), ...(this.#image === "bare" ? [] : images.baked), images.bare];
  }

  /** @param spec null when the API knows of no such machine */
  async #resume(rack: Rack, id: MachineId, spec: MachineSpec | null): Promise<void> {
    const record = await readRecord(foldersOf(rack, id).record);
    if (spec === null || record === null) {
      await leftover(rack, id).remove();
      if (spec !== null) await this.#build(rack, spec);
      return;
    }
    const machine = new Machine(rack, { ...record, machine: spec });
    this.#machines.set(id, machine);
    await machine.resume();
  }

  async #tend(machine: Machine): Promise<void> {
    if (!machine.shouldRun || machine.leaderPid() !== null) return;
    const { id } = machine.spec;
    await this.#queues.runIfIdle(id, async () => {
      if (this.#machines.get(id) === machine) await machine.tend();
    });
  }

  #every(ms: number, look: (machine: Machine) => Promise<void>): void {
    const timer = setInterval(() => {
      for (const machine of this.#machines.values()) {
        look(machine).catch((error: unknown) => {
          this.#options.log.error("machine could not be looked after", { machine: machine.spec.id, why: messageOf(error) });
        });
      }
    }, ms);
    this.#timers.push(timer);
  }

  #racked(): Rack {
    if (this.#rack === null) throw new Error("start() the machines first");
    return this.#rack;
  }

  #machine(id: MachineId): Machine {
    const machine = this.#machines.get(id);
    if (machine === undefined) throw new Error(`there is no machine ${id}`);
    return machine;
  }

  #running(id: MachineId): { machine: Machine; pid: number } {
    const machine = this.#machine(id);
    const pid = machine.leaderPid();
    if (pid === null) throw new Error(`${machine.spec.name} (machine ${id}) is switched off`);
    return { machine, pid };
  }
}

/** Enough of a machine to remove what may be there under its id. */
function leftover(rack: Rack, id: MachineId): Machine {
  const nothing = { mac: "", address: "", vpcId: "", prefix: 0 };
  const machine: MachineSpec = {
    id, name: `machine-${id}`, region: "", image: "", vcpus: 1, memoryMiB: 1, diskGiB: 1, userData: null, sshKeys: [], nics: { public: null, private: nothing },
  };
  return new Machine(rack, { machine, layers: [], power: "off" });
}

async function idsIn(folder: string): Promise<MachineId[]> {
  const ids: MachineId[] = [];
  for (const name of await readdir(folder)) {
    if (/^[1-9]\d*$/.test(name)) ids.push(Number(name));
    else await rm(join(folder, name), { recursive: true, force: true }).catch((error: unknown) => { if (!hasCode(error, "ENOENT")) throw error; });
  }
  return ids;
}
