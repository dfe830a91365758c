import { setTimeout as pause } from "node:timers/promises";
import type { Visitors } from "./visitors/visitors.ts";

export interface Outage {
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}

/** For each of an outage's two kinds: together they make the promised minute. */
const phaseSeconds = 30;

/** Does `what` while a service of the cloud is away, and lets the outage last for 30 s; visitors must have been answered meanwhile. */
export async function whileAway(outage: Outage, visitors: Visitors, what: () => Promise<void>): Promise<void> {
  await outage.begin();
  const since = visitors.mark();
  await what();
  await visitors.answering({ since, limitMs: phaseSeconds * 1000 });
  // Not a wait for anything: agents must have asked in vain several times.
  await pause(Math.max(0, since + phaseSeconds * 1000 - visitors.mark()));
  await outage.end();
}
