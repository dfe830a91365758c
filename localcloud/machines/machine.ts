import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type MachineSpec } from "../datacenter.ts";
import { messageOf } from "../files.ts";
import { waitUntil } from "../lifecycle/wait.ts";
import { Cgroup } from "./cgroups.ts";
import { consoleEnd } from "./console.ts";
import { emptyDisk, fillDisk, growDisk, makeDisk, mountDisk, unmountDisk, writeSeed } from "./disk.ts";
import { type Folders, foldersOf } from "./folders.ts";
import { launch } from "./launch.ts";
import { awaitLeader, findLeader, readExit } from "./leader.ts";
import { nspawnArgv, poweredOffStatus, rebootStatus } from "./nspawn.ts";
import { type Rack, machinesCgroup } from "./options.ts";
import { type ProcessId, isAlive } from "./process.ts";
import { type MachineRecord, writeRecord } from "./record.ts";
import { removeNspawnResidue } from "./residue.ts";
import { seedFiles } from "./seed.ts";

/** systemd's real-time signals, counted from glibc's SIGRTMIN (34): see systemd(1). */
const powerOffSignal = 38;
const rebootSignal = 39;

/** Between nspawn's start and the machine's init, in ms; 0.2 s is usual. */
const initLimit = 30_000;

/** One machine: its disk, its boots and its end. Callers see to it that one thing happens at a time. */
export class Machine {
  readonly folders: Folders;
  readonly #rack: Rack;
  readonly #cgroup: Cgroup;
  #record: MachineRecord;
  #leader: ProcessId | null = null;

  constructor(rack: Rack, record: MachineRecord) {
    this.#rack = rack;
    this.#record = record;
    const { id } = record.machine;
    this.folders = foldersOf(rack, id);
    this.#cgroup = new Cgroup(rack.trees, `${machinesCgroup(rack.cgroupName)}/${id}`);
  }

  get spec(): MachineSpec {
    return this.#record.machine;
  }

  get cgroup(): Cgroup {
    return this.#cgroup;
  }

  get shouldRun(): boolean {
    return this.#record.power === "on";
  }

  get #hostName(): string {
    return `${this.#rack.namePrefix}${this.spec.id}`;
  }

  leaderPid(): number | null {
    return this.#leader !== null && isAlive(this.#leader) ? this.#leader.pid : null;
  }

  /** Makes the disk with all that the machine finds at its first boot. */
  async layOut(): Promise<void> {
    await makeDisk(this.folders.disk, this.spec.diskGiB);
    await mountDisk(this.folders, this.#record.layers);
    await writeSeed(this.folders.root, seedFiles(this.spec));
    await writeRecord(this.folders.record, this.#record);
  }

  /** After the daemon, or the host, was away: goes on with what runs, and boots what should run. */
  async resume(): Promise<void> {
    this.#leader = await findLeader(this.#cgroup);
    if (this.#leader !== null) {
      await this.#rack.networks.adopt(this.spec);
      this.#rack.log.info("machine is still running", { machine: this.spec.id, leader: this.#leader.pid });
      return;
    }
    const status = await readExit(this.folders.exit);
    if (!this.shouldRun) await this.switchOff();
    // Without a status it was the host that went down.
    else if (status === null) await this.boot();
    else await this.#endedByItself(status);
  }

  /** From whatever state it was left in. Resolves once init runs; rejects with the console's end, and is off then. */
  async boot(): Promise<void> {
    await this.#clear();
    await this.#setPower("on");
    try {
      this.#leader = await this.#startInit();
    } catch (error) {
      await this.switchOff();
      const end = (await consoleEnd(this.folders.console, 2_000)).trim();
      throw new Error(
        `${this.spec.name} (machine ${this.spec.id}) did not boot: ${messageOf(error)}. Its console ends with:\n${end === "" ? "(nothing)" : end}`,
        { cause: error },
      );
    }
    this.#rack.log.info("machine boots", { machine: this.spec.id, name: this.spec.name, leader: this.#leader.pid });
  }

  async switchOff(): Promise<void> {
    await this.#setPower("off");
    await this.#fallSilent();
  }

  /** Asks init, and switches off when it does not follow. */
  async shutDown(): Promise<void> {
    await this.#setPower("off");
    await this.#ask(powerOffSignal, "shut down");
    await this.#fallSilent();
  }

  async reboot(): Promise<void> {
    await this.#ask(rebootSignal, "shut down for a reboot");
    await this.boot();
  }

  /** To be called often. Sees what happened inside: a machine that rebooted itself is booted, one that powered off stays off. */
  async tend(): Promise<void> {
    if (!this.shouldRun || this.leaderPid() !== null) return;
    const found = await findLeader(this.#cgroup);
    if (found !== null) {
      this.#leader = found;
      return;
    }
    await this.#nspawnGone();
    const status = await readExit(this.folders.exit);
    this.#rack.log.info("machine ended by itself", { machine: this.spec.id, status });
    await this.#endedByItself(status);
  }

  /** For its next boot. May be repeated after a crash. */
  async resize(spec: MachineSpec): Promise<void> {
    if (this.leaderPid() !== null) throw new Error(`${this.spec.name} (machine ${this.spec.id}) runs: switch it off before it is resized`);
    if (spec.diskGiB < this.spec.diskGiB) {
      throw new Error(`${this.spec.name} (machine ${this.spec.id}) has a disk of ${this.spec.diskGiB} GiB, which cannot shrink to ${spec.diskGiB}`);
    }
    if (spec.diskGiB > this.spec.diskGiB) {
      await unmountDisk(this.folders);
      await growDisk(this.folders.disk, spec.diskGiB);
    }
    this.#record = { ...this.#record, machine: spec };
    await writeRecord(this.folders.record, this.#record);
  }

  async fillDisk(full: boolean): Promise<void> {
    // Unmounted, the folder is the host's own disk.
    await mountDisk(this.folders, this.#record.layers);
    await (full ? fillDisk(this.folders) : emptyDisk(this.folders));
  }

  /** Nothing is left of it, however far it ever got. */
  async remove(): Promise<void> {
    if (this.leaderPid() !== null || (await this.#cgroup.pids()).length > 0) await this.#rack.networks.cut(this.spec.id);
    await this.#clear();
    await unmountDisk(this.folders);
    await this.#cgroup.remove();
    await this.#rack.networks.unplug(this.spec.id);
    await rm(this.folders.run, { recursive: true, force: true });
    await rm(this.folders.state, { recursive: true, force: true });
  }

  async #startInit(): Promise<ProcessId> {
    const { folders } = this;
    await mkdir(dirname(folders.exit), { recursive: true });
    await rm(folders.exit, { force: true });
    await mountDisk(folders, this.#record.layers);
    for (const problem of await this.#cgroup.make(this.spec)) {
      this.#rack.log.warn("a size cannot be enforced on this host", { machine: this.spec.id, problem });
    }
    const { netns } = await this.#rack.networks.plug(this.spec);
    const argv = nspawnArgv({ machine: this.spec, hostName: this.#hostName, root: folders.root, netns });
    await launch(argv, this.#cgroup.entrances(), folders);
    const leader = await awaitLeader(this.#cgroup, folders.exit, initLimit);
    if (leader === null) throw new Error(`systemd-nspawn ended with status ${await readExit(folders.exit)}`);
    return leader;
  }

  async #ask(signal: number, what: string): Promise<void> {
    const pid = this.leaderPid();
    if (pid === null) return;
    process.kill(pid, signal);
    const limit = this.#rack.shutdownLimit ?? 30_000;
    try {
      await waitUntil(`${this.spec.name} to ${what}`, limit, () => this.leaderPid() === null);
    } catch (error) {
      this.#rack.log.warn("machine is switched off by force", { machine: this.spec.id, why: messageOf(error) });
    }
  }

  async #endedByItself(status: number | null): Promise<void> {
    if (status === rebootStatus) return this.boot();
    await this.#fallSilent();
    // First the listener, then the record: if we die in between, it is told again.
    if (status === poweredOffStatus) await this.#rack.poweredOff(this.spec.id);
    await this.#setPower("off");
  }

  /** Without a guest its network namespace would go on answering pings and refusing connections. */
  async #fallSilent(): Promise<void> {
    await this.#clear();
    await this.#rack.networks.cut(this.spec.id);
  }

  /** Ends what runs and what nspawn leaves when it is killed. */
  async #clear(): Promise<void> {
    await this.#cgroup.kill();
    this.#leader = null;
    await removeNspawnResidue(this.#hostName, this.folders.root);
  }

  /** Init ends a moment before nspawn, which has the reason. */
  async #nspawnGone(): Promise<void> {
    await waitUntil("systemd-nspawn to end", 5_000, async () => (await readExit(this.folders.exit)) !== null || (await this.#cgroup.pids()).length === 0);
  }

  async #setPower(power: "on" | "off"): Promise<void> {
    if (this.#record.power === power) return;
    this.#record = { ...this.#record, power };
    await writeRecord(this.folders.record, this.#record);
  }
}
