import { setTimeout as delay } from "node:timers/promises";
import { bundleReadyLimitMs } from "../bundle.ts";
import { healthCheck, noticedAfterMs, type Slot } from "../slots.ts";
import { BundleFailed } from "./failures.ts";
import type { Health, Units } from "./units.ts";

export interface Patience {
  /** From the start to the last chance of a first good answer. */
  readyLimitMs: number;
  /** How long answers must then stay good: until every load balancer has taken the slot in. */
  noticedAfterMs: number;
  pollMs: number;
}

export const patience: Patience = { readyLimitMs: bundleReadyLimitMs, noticedAfterMs, pollMs: 200 };

/** The first end may have been an accident. */
const restartsAllowed = 1;

/**
 * Resolves once the slot has served this bundle for long enough, without as much interruption as load balancers would act on.
 * @throws BundleFailed when it did not come to that
 */
export async function prove(slot: Slot, hash: string, units: Pick<Units, "health" | "state">, { readyLimitMs, noticedAfterMs: longEnoughMs, pollMs }: Patience): Promise<void> {
  const begun = performance.now();
  let goodSince: number | null = null;
  let misses = 0;
  for (;;) {
    const health = await units.health(slot);
    const now = performance.now();
    if (health.serves && health.bundle === hash) {
      goodSince ??= now;
      misses = 0;
      if (now - goodSince >= longEnoughMs) return;
    } else {
      misses += 1;
      if (misses >= healthCheck.fall) goodSince = null;
      const { active, restarts } = await units.state(slot);
      if (active === "failed") throw new BundleFailed(hash, "it ended, and says that starting it again will not help");
      if (restarts > restartsAllowed) throw new BundleFailed(hash, `it ended ${restarts} times in a row`);
      if (now - begun >= readyLimitMs) throw new BundleFailed(hash, `not ready within ${readyLimitMs / 1000} s: ${wordsOf(health)}`);
    }
    await delay(pollMs);
  }
}

function wordsOf(health: Health): string {
  return health.serves ? `what answers says that it is release ${health.bundle}` : health.said;
}
