import { setTimeout as delay } from "node:timers/promises";
import { message } from "../errors.ts";
import { type Log, transitions } from "../log.ts";
import type { FloatingAddress } from "./address/address.ts";
import type { Ask } from "./haproxy.ts";
import { setLeaving } from "./selfState.ts";
import { writeTrack } from "./track.ts";

export interface LeaveOptions {
  ask: Ask;
  address: FloatingAddress;
  /** This machine, as the cloud's API names it. */
  self: string;
  trackPath: string;
  log: Log;
  limitMs?: number;
}

const pollMs = 300;

/**
 * Gives the floating address to the other load balancer, which claims it because this one says that it is about to leave.
 * Answers whether another holds it; until then this one serves on. Needs no agent on this machine: one that has
 * died must not keep the other load balancer from taking over.
 */
export async function leave({ ask, address, self, trackPath, log, limitMs = 15_000 }: LeaveOptions): Promise<boolean> {
  const start = performance.now();
  const elapsed = (): string => `${((performance.now() - start) / 1000).toFixed(2)} s`;
  await setLeaving(ask, true).catch((error: unknown) => log(`HAProxy cannot say that it leaves: ${message(error)}`));
  const sayFailed = transitions(log);
  let last = "the cloud did not say who holds the address";
  while (performance.now() - start < limitMs) {
    try {
      const holding = await address.holding();
      if (holding.state === "held" && holding.id !== self) {
        log(`machine ${holding.id} holds the address, after ${elapsed()}`);
        return true;
      }
      last = holding.state === "held" ? "this machine still holds the address" : holding.state === "free" ? "nobody holds the address" : "the address is being moved";
    } catch (error) {
      sayFailed(message(error));
    }
    await delay(pollMs);
    // By then the agent has done it, if there is one.
    await writeTrack(trackPath, { fine: false });
  }
  log(`${last}, after ${elapsed()}: is the other load balancer up, and keepalived on it? See its journal: journalctl -u quickcart-lb -u keepalived`);
  return false;
}
