import { setTimeout as delay } from "node:timers/promises";
import { message } from "../errors.ts";
import type { Log } from "../log.ts";
import { parseClusterNodes, slotCount } from "./clusterNodes.ts";
import { type Ask, askText } from "./nodes.ts";

export interface LeaveOptions {
  readonly ask: Ask;
  readonly ownAddress: string;
  readonly log: Log;
  /** For each replica, in milliseconds. */
  readonly limitMs?: number;
}

const pollMs = 50;
/** After which Redis itself gives up a failover that it was told to make. */
const usualLimitMs = 5_000;

/**
 * Makes a replica master before this node stops: a master that is merely stopped is missed for seconds, until the others agree
 * that it is gone. Answers whether this node can stop without anybody waiting for it.
 */
export async function leave({ ask, ownAddress, log, limitMs = usualLimitMs }: LeaveOptions): Promise<boolean> {
  const nodes = parseClusterNodes(await askText(ask, ownAddress, "CLUSTER", "NODES"));
  const own = nodes.find(({ self }) => self);
  if (own?.role !== "master" || slotCount(own) === 0) {
    log("holds no slots: nothing to hand over");
    return true;
  }
  const heirs = nodes.filter(({ masterId, health, joining }) => masterId === own.id && health === "up" && !joining);
  const start = performance.now();
  for (const { address } of heirs) {
    try {
      // The master lets its replica catch up first: nothing is lost.
      await ask(address, "CLUSTER", "FAILOVER");
      if (await becomes("slave", ask, ownAddress, limitMs)) {
        log(`${address} has taken over, after ${((performance.now() - start) / 1000).toFixed(2)} s`);
        return true;
      }
      log(`${address} did not take over within ${limitMs / 1000} s`);
    } catch (error) {
      log(`${address} does not take over: ${message(error)}`);
    }
  }
  log(heirs.length === 0 ? "no replica is well: nobody can take over, and this node's slots will be away" : "no replica took over: this node's slots will be away until one is elected");
  return false;
}

/** Waits for a role, in Redis' words. */
export async function becomes(wanted: "master" | "slave", ask: Ask, address: string, limitMs = usualLimitMs): Promise<boolean> {
  const limit = performance.now() + limitMs;
  while (performance.now() < limit) {
    const role = await ask(address, "ROLE");
    if (Array.isArray(role) && role[0] === wanted) return true;
    await delay(pollMs);
  }
  return false;
}
