import { setTimeout as delay } from "node:timers/promises";
import type { Store } from "../etcd/store.ts";
import { message } from "../errors.ts";
import { type Log, transitions } from "../log.ts";
import { decide } from "./decide.ts";
import { Fencer } from "./fencer.ts";
import type { Power } from "./power/power.ts";
import { owed, powerOn } from "./powerOn.ts";
import type { Probe } from "./probe.ts";
import { Sentry, type Sight } from "./sentry.ts";
import type { Shun } from "./shun.ts";
import { readView, type View } from "./view.ts";
import { Witness } from "./witness.ts";

/** A database machine, as the topology document says. */
export interface Known {
  address: string;
  /** As the cloud's API names it. */
  id: string | null;
}

export interface GuardOptions {
  self: string;
  store: Store;
  /** Null: fencing is off. */
  power: Power | null;
  /** By name. */
  machines: () => ReadonlyMap<string, Known>;
  probesOf: (address: string) => readonly Probe[];
  /** Called by every machine for the one that is being fenced. */
  shun: Shun;
  /** Told whatever etcd says, each time that it is asked. */
  onView: (view: View) => void;
  log: Log;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Overrides the intervals, for tests. */
  intervals?: { probeMs: number; lookMs: number };
}

const lookMs = 1_000;

/** Looks after Patroni's leader: whether it is there, and if it is not, that it is off before another one takes its place. */
export class Guard {
  private readonly options: GuardOptions;
  private readonly sentry: Sentry;
  private readonly witness: Witness;
  private readonly fencer: Fencer | null;
  private readonly now: () => number;
  private readonly sayDecision: Log;
  private readonly sayEtcd: Log;
  private readonly sayOwed: Log;
  private watchedAddress: string | null = null;
  private consulting = false;
  private shunned: { name: string; address: string } | null = null;
  private signal = new AbortController().signal;

  constructor(options: GuardOptions) {
    const { self, store, power, log, intervals, now = Date.now } = options;
    this.options = options;
    this.now = now;
    this.sentry = new Sentry({ onTick: (sight) => this.tick(sight), ...intervals === undefined ? {} : { intervalMs: intervals.probeMs } });
    this.witness = new Witness({ self, store, log });
    this.fencer = power === null ? null : new Fencer({ self, store, power, log, now, wait: (ms) => delay(ms, undefined, { signal: this.signal }) });
    this.sayDecision = transitions(log);
    this.sayEtcd = transitions(log);
    this.sayOwed = transitions(log);
  }

  async run(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    await Promise.all([this.sentry.run(signal), this.look()]);
  }

  /** Who leads, and who is owed its power. */
  private async look(): Promise<void> {
    while (!this.signal.aborted) {
      const view = await this.read();
      if (view !== null) {
        this.follow(view);
        await this.endShun(view);
        this.options.onView(view);
        await this.giveBack(view);
      }
      await this.wait(this.options.intervals?.lookMs ?? lookMs);
    }
  }

  private async read(): Promise<View | null> {
    try {
      const view = await readView(this.options.store);
      this.sayEtcd("etcd answers");
      return view;
    } catch (error) {
      this.sayEtcd(`etcd does not answer, nothing is decided: ${message(error)}`);
      return null;
    }
  }

  /** Watches whoever leads, wherever that machine is by now. */
  private follow({ leader }: View): void {
    const name = leader?.name ?? null;
    // A leader that went away is what fencing is for: it is watched until there is another.
    if (name === null) return;
    const address = name === this.options.self ? null : this.options.machines().get(name)?.address ?? null;
    if (name === this.sentry.watched && address === this.watchedAddress) return;
    this.watchedAddress = address;
    this.options.log(`Patroni's leader is ${name}${name === this.options.self ? ", this machine" : address === null ? ", of which the topology document does not know" : ""}`);
    this.sentry.watch({ name, probes: address === null ? [] : this.options.probesOf(address) });
  }

  private tick(sight: Sight): void {
    const { self } = this.options;
    // Nobody is probed then, and silence says nothing.
    if (sight.watched === self || this.watchedAddress === null) return this.witness.see(null);
    this.witness.see(sight.blind ? sight.watched : null);
    if (sight.silence === null) return this.sayDecision(`${sight.watched} answers`);
    if (!this.consulting) void this.consult(sight);
  }

  /** Asks the quorum, and acts by what it says. */
  private async consult(sight: Sight): Promise<void> {
    this.consulting = true;
    const { self, machines, log } = this.options;
    try {
      const view = await this.read();
      const machineId = machines().get(sight.watched)?.id ?? null;
      const { fence, why } = decide({ ...sight, self, enabled: this.fencer !== null, view, machineId, now: this.now() });
      if (fence || view?.fencing?.machine === sight.watched) this.shun(sight.watched);
      if (fence && view !== null && machineId !== null) await this.fencer?.fence({ name: sight.watched, id: machineId }, view, why);
      else this.sayDecision(why);
    } catch (error) {
      log(`the fence of ${sight.watched} has failed: ${message(error)}`);
    } finally {
      this.consulting = false;
    }
  }

  /** Once for each silence; nothing waits for it. */
  private shun(name: string): void {
    if (this.shunned !== null || this.watchedAddress === null) return;
    const { shun, log } = this.options;
    this.shunned = { name, address: this.watchedAddress };
    shun.begin(this.watchedAddress).catch((error: unknown) => log(`whoever takes over will wait for ${name}'s answer: ${message(error)}`));
  }

  private async endShun({ leader, fencing }: View): Promise<void> {
    // Consulting: this machine's own fence may have begun since that view was read.
    if (this.shunned === null || this.consulting || fencing !== null || leader === null) return;
    const { name, address } = this.shunned;
    const { shun, log } = this.options;
    this.shunned = null;
    await shun.end(address).catch((error: unknown) => log(`${name} is shunned for a minute: ${message(error)}`));
  }

  private async giveBack(view: View): Promise<void> {
    const { power, store, self } = this.options;
    if (power === null) return;
    for (const record of owed(view, self, this.now())) {
      this.sayOwed(await powerOn({ power, store, now: this.now }, record).catch((error: unknown) => `${record.machine} has not got its power back yet: ${message(error)}`));
    }
  }

  private async wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.signal }).catch(() => null);
  }
}
