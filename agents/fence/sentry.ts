import { setTimeout as delay } from "node:timers/promises";
import { hear, launch, noReach, type Patience, reach, type Reach, silence, silentMs } from "../reach.ts";
import type { Probe } from "./probe.ts";

/** Between two probes. */
export const probeIntervalMs = 200;

/**
 * Milliseconds of silence that are borne. A live migration holds a machine up for as long as 3 s, and must not cost the
 * primary its power. One that accepts connections has power, and may be too busy to answer.
 */
export const patienceMs: Patience = { unreachable: 3_200, mute: 8_000 };

/** After so long a machine says to the others that it does not see it, either: early enough for whoever runs out of patience first. */
export const blindMs = 2_000;

export interface Sight {
  /** Whom it is about. */
  watched: string;
  /** Why it counts as gone; null while it does not. */
  silence: string | null;
  /** Whether to say to the others that it does not answer. */
  blind: boolean;
  /** By how much this tick was late. */
  lateMs: number;
}

export interface SentryOptions {
  /** Told at each tick. */
  onTick: (sight: Sight) => void;
  /** Overrides the interval, for tests; silence counts as if it were not. */
  intervalMs?: number;
}

/** Probes one machine at regular intervals, each time in another way. */
export class Sentry {
  private readonly options: SentryOptions;
  private target: { name: string; probes: readonly Probe[] } | null = null;
  private known: Reach = noReach;

  constructor(options: SentryOptions) {
    this.options = options;
  }

  get watched(): string | null {
    return this.target?.name ?? null;
  }

  /** From now on this one, and nothing is known of it yet. */
  watch(target: { name: string; probes: readonly Probe[] } | null): void {
    this.target = target;
    this.known = noReach;
  }

  async run(signal: AbortSignal): Promise<void> {
    const intervalMs = this.options.intervalMs ?? probeIntervalMs;
    let due = performance.now();
    while (!signal.aborted) {
      this.tick(Math.round(Math.max(0, performance.now() - due)));
      due += intervalMs;
      // What was missed is not made up for: probes in a burst would count as silence.
      if (due < performance.now()) due = performance.now() + intervalMs;
      await delay(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => null);
    }
  }

  private tick(lateMs: number): void {
    const { target } = this;
    if (target === null) return;
    const { name: watched, probes } = target;
    this.known = launch(this.known);
    const number = this.known.launched;
    const probe = probes[number % probes.length];
    const change = (next: (known: Reach, probe: number) => Reach): void => {
      if (this.target === target) this.known = next(this.known, number);
    };
    void probe?.(() => change(reach)).then((answered) => {
      if (answered) change(hear);
    });
    this.options.onTick({
      watched, lateMs,
      silence: silence(this.known, probeIntervalMs, patienceMs),
      blind: silentMs(this.known, probeIntervalMs).mute >= blindMs,
    });
  }
}
