import { setTimeout as delay } from "node:timers/promises";
import { message } from "../errors.ts";
import { readIfThere, writeAtomically } from "../files.ts";
import { type Log, transitions } from "../log.ts";
import type { Ask } from "./haproxy.ts";
import { keysToPush, parseLoadedKeys, ticketKeys, ticketKeysFile } from "./ticketKeys.ts";

/** Writes the file that HAProxy starts and reloads with; root alone may read it. */
export async function writeTicketKeys(path: string, secret: string, now: number): Promise<void> {
  const content = ticketKeysFile(ticketKeys(secret, now));
  if (await readIfThere(path) !== content) await writeAtomically(path, content, 0o600);
}

/** Gives a running HAProxy the keys of this period. Never the keys in a message: whoever reads the journal must not read visitors' traffic. */
export async function pushTicketKeys(ask: Ask, path: string, secret: string, now: number): Promise<number> {
  const pushed = keysToPush(ticketKeys(secret, now), parseLoadedKeys(await ask("show tls-keys *"), path));
  for (const key of pushed) {
    const answer = await ask(`set ssl tls-key ${path} ${key}`);
    if (answer !== "TLS ticket key updated!") throw new Error(`HAProxy refuses a key of session tickets: ${answer.replaceAll(key, "…") || "no answer"}`);
  }
  return pushed.length;
}

export interface TicketsOptions {
  ask: Ask;
  path: string;
  secret: string;
  log: Log;
}

/** The next period's key is known to both load balancers a period ahead, so that their clocks need not agree to the second. */
const lookMs = 30_000;

export async function keepTicketKeys({ ask, path, secret, log }: TicketsOptions, signal: AbortSignal): Promise<void> {
  const say = transitions(log);
  while (!signal.aborted) {
    try {
      await writeTicketKeys(path, secret, Date.now());
      const pushed = await pushTicketKeys(ask, path, secret, Date.now());
      if (pushed > 0) log(`session tickets: ${pushed === 1 ? "a new key" : `${pushed} new keys`}`);
      say("session tickets have this period's keys");
    } catch (error) {
      say(`session tickets keep their keys, trying again: ${message(error)}`);
    }
    await delay(lookMs, undefined, { signal }).catch(() => null);
  }
}
