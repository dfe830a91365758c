import { setTimeout as delay } from "node:timers/promises";
import type { Store } from "../etcd/store.ts";
import { message } from "../errors.ts";
import type { Log } from "../log.ts";

/** Keeps a lease alive for as long as `what` takes; then what was put with it is gone. What etcd says no more of lives no longer than the lease. */
export async function withLease<T>(store: Store, seconds: number, log: Log, what: (lease: string) => Promise<T>): Promise<T> {
  const lease = await store.grant(seconds);
  const over = new AbortController();
  const keeping = keep(store, lease, seconds * 1000 / 3, log, over.signal);
  try {
    return await what(lease);
  } finally {
    over.abort();
    await keeping;
    await store.revoke(lease).catch((error: unknown) => log(`a lease ends by itself in ${seconds} s at most: ${message(error)}`));
  }
}

async function keep(store: Store, lease: string, everyMs: number, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(everyMs, undefined, { signal }).catch(() => null);
    if (signal.aborted) return;
    try {
      if (!await store.keepAlive(lease)) return log("a lease has run out before its time: etcd was away for too long");
    } catch (error) {
      log(`a lease is not renewed: ${message(error)}`);
    }
  }
}
