import { setTimeout as delay } from "node:timers/promises";
import { message } from "../errors.ts";
import { type Log, transitions } from "../log.ts";
import { judgeHealth, type Verdict } from "./health.ts";
import { Prober, type Question } from "./prober.ts";
import { writeTrack } from "./track.ts";

export interface HealthOptions {
  /** Asks the HAProxy of this machine. */
  ask: Question;
  trackPath: string;
  log: Log;
}

/** Between two looks at whether the file still says what it should. */
const assertMs = 500;

/** Looks after this machine's HAProxy and tells keepalived, until the signal aborts. What keepalived was told last stays. */
export async function watchHealth({ ask, trackPath, log }: HealthOptions, signal: AbortSignal): Promise<void> {
  const sayFailed = transitions(log);
  let verdict: Verdict | null = null;
  /** One write at a time: the last verdict must be the one that stays. */
  let turn: Promise<void> = Promise.resolve();
  const write = (): void => {
    turn = turn.then(async () => {
      if (verdict !== null) await writeTrack(trackPath, verdict);
    }).catch((error: unknown) => sayFailed(`keepalived cannot be told: ${message(error)}`));
  };
  const prober = new Prober({
    ask,
    onChange(attention) {
      const next = judgeHealth(attention, verdict);
      const changed = next !== null && next.fine !== verdict?.fine;
      verdict = next;
      if (!changed || next === null) return;
      write();
      log(`${next.fine ? "fit to serve" : "not fit to serve"}: ${next.why}`);
    },
  });
  while (!signal.aborted) {
    await delay(assertMs, undefined, { signal }).catch(() => null);
    write();
  }
  prober.stop();
  await turn;
}
