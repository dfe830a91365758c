import { setTimeout as delay } from "node:timers/promises";
import { message } from "../errors.ts";
import type { Log } from "../log.ts";
import { type Slot, slots } from "../slots.ts";
import type { Bundles } from "./bundles.ts";
import { candidates, type Releases } from "./candidates.ts";
import { nextStep, type Slots } from "./decide.ts";
import { BundleFailed, type Failures } from "./failures.ts";
import { type Patience, prove } from "./prove.ts";
import type { Units } from "./units.ts";

export interface ReleaseMachine {
  /** This machine's name in the documents. */
  name: string;
  bundles: Bundles;
  units: Pick<Units, "start" | "stop" | "state" | "health">;
  failures: Failures;
  patience: Patience;
  log: Log;
}

/** Longer than a unit's TimeoutStopSec. */
const drainLimitMs = 60_000;

/** Brings this machine to serve what the documents want of it. What serves goes on serving until its successor has proved itself. */
export class ReleaseControl {
  private readonly machine: ReleaseMachine;
  /** What was proved to be alone in service since this agent was started. */
  private serving: string | null = null;

  constructor(machine: ReleaseMachine) {
    this.machine = machine;
  }

  /** Answers what to say of it. Throws when it has to be tried again. */
  async apply(releases: Releases): Promise<string> {
    const { name, failures } = this.machine;
    const wanted = candidates(releases, name);
    await failures.keepOnly(wanted);
    const served = await this.serveFirstOf(wanted);
    await this.prefetch(releases, wanted);
    if (served !== null) return `bundle ${served} is in service`;
    if (wanted.length === 0) return "the release document is not in the bucket yet";
    return "nothing of what is wanted works here; it is tried again when the documents change, or when this agent is started again";
  }

  private async serveFirstOf(wanted: readonly string[]): Promise<string | null> {
    const { failures, log } = this.machine;
    for (const hash of wanted) {
      if (failures.has(hash)) continue;
      try {
        await this.serve(hash);
        return hash;
      } catch (error) {
        if (!(error instanceof BundleFailed)) throw error;
        log(error.message);
        await failures.note(error);
      }
    }
    return null;
  }

  private async serve(hash: string): Promise<void> {
    const { bundles, units, log } = this.machine;
    await bundles.install(hash);
    for (;;) {
      const step = nextStep(await this.look(), hash);
      switch (step.kind) {
        case "run":
          await units.start(step.slot);
          if (this.serving === hash) return;
          await this.proveIn(step.slot, hash);
          await this.settle(hash);
          return;
        case "place":
          await this.drained(step.slot);
          await bundles.place(step.slot, hash);
          log(`bundle ${hash} starts in the ${step.slot} slot`);
          break;
        case "handOver":
          await this.handOver(step.from, step.to, hash);
          break;
        default: return step satisfies never;
      }
    }
  }

  private async handOver(from: Slot, to: Slot, wanted: string): Promise<void> {
    const { bundles, units, log } = this.machine;
    const [before, after] = await Promise.all([bundles.in(from), bundles.in(to)]);
    if (before === null || after === null) return;
    try {
      await units.start(to);
      await this.proveIn(to, after);
    } catch (error) {
      if (!(error instanceof BundleFailed)) throw error;
      await this.retire(to);
      log(`bundle ${before} stays in service`);
      if (after === wanted) throw error;
      return;
    }
    await this.retire(from);
    log(`bundle ${after} has taken over from ${before}`);
    await this.settle(after);
  }

  private async settle(hash: string): Promise<void> {
    this.serving = hash;
    await this.machine.bundles.noteServing(hash);
    await this.machine.bundles.prune();
  }

  private async proveIn(slot: Slot, hash: string): Promise<void> {
    await prove(slot, hash, this.machine.units, this.machine.patience);
  }

  /** In this order: killed in between, the agent finds the link and stops the unit again. */
  private async retire(slot: Slot): Promise<void> {
    await this.machine.units.stop(slot);
    await this.machine.bundles.free(slot);
  }

  /** Until the slot's last bundle has answered its last request. */
  private async drained(slot: Slot): Promise<void> {
    const begun = performance.now();
    for (;;) {
      const { active } = await this.machine.units.state(slot);
      if (active === "inactive" || active === "failed") return;
      if (performance.now() - begun >= drainLimitMs) throw new Error(`the ${slot} slot is still ${active} after ${drainLimitMs / 1000} s`);
      await delay(this.machine.patience.pollMs);
    }
  }

  private async look(): Promise<Slots> {
    const { bundles, units } = this.machine;
    const [blue, green] = await Promise.all(slots.map(async (slot) => {
      const [bundle, health] = await Promise.all([bundles.in(slot), units.health(slot)]);
      return { bundle, serves: health.serves && health.bundle === bundle };
    }));
    if (blue === undefined || green === undefined) throw new Error("a machine has two slots");
    return { blue, green };
  }

  /** What the canary tries, others will be told to run in a moment. */
  private async prefetch({ canary }: Releases, wanted: readonly string[]): Promise<void> {
    if (canary === null || wanted.includes(canary.app)) return;
    try {
      await this.machine.bundles.install(canary.app);
    } catch (error) {
      this.machine.log(`cannot fetch the canary's bundle ahead of time: ${message(error)}`);
    }
  }
}
