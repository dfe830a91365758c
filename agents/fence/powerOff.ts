import { ApiError } from "../api/error.ts";
import { message } from "../errors.ts";
import { type Log, transitions } from "../log.ts";
import type { Power } from "./power/power.ts";

export interface PowerOffOptions {
  power: Power;
  /** As the cloud's API names it. */
  machine: string;
  /** Told what the cloud accepted, so that another agent could ask for it, too. Nothing waits for it. */
  onAccepted: (change: string) => void;
  /** Whether there is still a reason. */
  wanted: () => Promise<boolean>;
  log: Log;
  wait: (ms: number) => Promise<void>;
  now: () => number;
}

export type Confirmation =
  | { confirmed: true }
  /** Perhaps it is off, perhaps not, perhaps it will be: nobody may act as if it were. */
  | { confirmed: false; why: string };

/** A cloud that has not done it by then does something else. */
export const confirmLimitMs = 120_000;

/** Between two questions about the action: often at first, since each is time without a database, and within 250 calls a minute. */
const pollMs = (elapsedMs: number): number => elapsedMs < 3_000 ? 100 : elapsedMs < 15_000 ? 250 : 1_000;

const retryMs = 500;

/** Cuts a machine's power, and answers once the cloud says that it is done. */
export async function powerOff(options: PowerOffOptions): Promise<Confirmation> {
  const { power, machine, wait, now, log } = options;
  const start = now();
  const sayRefused = transitions(log);
  const inTime = (): boolean => now() - start < confirmLimitMs;
  let refusal = "";
  while (inTime()) {
    try {
      const change = await power.off(machine);
      if (change === null) return { confirmed: true };
      options.onAccepted(change);
      return await confirmation(options, change, start);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refusal = message(error);
      sayRefused(`the cloud does not cut its power, trying again: ${refusal}`);
      await wait(Math.max(retryMs, error.retryAfterMs));
      // By then Patroni's ttl may have decided.
      if (!await options.wanted()) return { confirmed: false, why: `it leads no more, and its power was not cut: ${refusal}` };
    }
  }
  return { confirmed: false, why: `the cloud did not cut its power: ${refusal}` };
}

async function confirmation({ power, machine, wait, now, log }: PowerOffOptions, change: string, start: number): Promise<Confirmation> {
  const sayAway = transitions(log);
  const asked = now();
  while (now() - start < confirmLimitMs) {
    try {
      const progress = await power.progress(machine, change);
      if (progress === "done") return { confirmed: true };
      if (progress === "failed") return { confirmed: false, why: "the cloud accepted to cut its power, and then failed to" };
    } catch (error) {
      sayAway(`the cloud does not say whether its power is cut: ${message(error)}`);
    }
    await wait(pollMs(now() - asked));
  }
  return { confirmed: false, why: `the cloud has not cut its power within ${confirmLimitMs / 1000} s` };
}
