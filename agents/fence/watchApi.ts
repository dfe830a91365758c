import { setTimeout as delay } from "node:timers/promises";
import { message } from "../errors.ts";
import { type Log, transitions } from "../log.ts";
import type { Power } from "./power/power.ts";

export interface WatchApiOptions {
  power: Pick<Power, "isOff">;
  /** This machine as the cloud's API names it; null while that is not known. */
  self: () => string | null;
  log: Log;
  everyMs?: number;
}

/** Clouds close idle connections after a minute or more. */
const usualMs = 30_000;

/**
 * Asks the API for this machine now and then: a token that is refused must be known before it is needed, and a connection that is
 * kept warm saves a name lookup and a TLS handshake while nobody can write.
 */
export async function watchApi({ power, self, log, everyMs = usualMs }: WatchApiOptions, signal: AbortSignal): Promise<void> {
  const say = transitions(log);
  while (!signal.aborted) {
    const id = self();
    if (id !== null) {
      say(await power.isOff(id).then(() => "the cloud's API answers", (error: unknown) => `no machine could be fenced now, the cloud's API fails: ${message(error)}`));
    }
    // At first the topology document is still on its way.
    await delay(id === null ? everyMs / 15 : everyMs, undefined, { signal }).catch(() => null);
  }
}
