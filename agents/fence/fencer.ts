import type { Store } from "../etcd/store.ts";
import { message } from "../errors.ts";
import type { Log } from "../log.ts";
import { limits } from "./decide.ts";
import { fenceKeys, type Off, patroniKeys } from "./keys.ts";
import { withLease } from "./lease.ts";
import type { Power } from "./power/power.ts";
import { powerOff } from "./powerOff.ts";
import { readView, type View } from "./view.ts";

export interface FencerOptions {
  self: string;
  store: Store;
  power: Power;
  log: Log;
  wait: (ms: number) => Promise<void>;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface Victim {
  name: string;
  /** As the cloud's API names it. */
  id: string;
}

/** Seconds; after them another agent may act in place of one that died. */
const lockSeconds = 10;

/** Cuts a leader's power and, once that is confirmed and only then, releases its leader key. One at a time in the whole cluster. */
export class Fencer {
  private readonly options: FencerOptions;

  constructor(options: FencerOptions) {
    this.options = options;
  }

  /** @param view by which it was decided. Answers whether the leader key was released. */
  async fence(victim: Victim, view: View, why: string): Promise<boolean> {
    const { log, store } = this.options;
    const { leader } = view;
    if (leader?.name !== victim.name) throw new Error(`${victim.name} is not the leader of that view`);
    return await withLease(store, lockSeconds, log, async (lease) => {
      const off = await this.begin(victim, view, leader.revision, lease);
      if (off === null) {
        log(`${why}; somebody else is quicker, or it leads no more`);
        return false;
      }
      log(`${why}: cutting its power`);
      return await this.carryOut(off, leader.revision);
    });
  }

  /** Takes the lock, if nobody else has begun anything since that view, and if the leader is the same. */
  private async begin(victim: Victim, view: View, leaderRevision: string, lease: string): Promise<Off | null> {
    const { self, store, now } = this.options;
    const at = now();
    const off: Off = { machine: victim.name, id: victim.id, by: self, at, wanted: "off", change: null };
    const { done } = await store.transact([
      { kind: "unchanged", key: patroniKeys.leader, revision: leaderRevision },
      { kind: "absent", key: fenceKeys.lock },
      { kind: "quiet", prefix: fenceKeys.acts, revision: view.revision },
    ], [
      { kind: "put", key: fenceKeys.lock, value: JSON.stringify({ by: self, machine: victim.name }), lease },
      { kind: "put", key: fenceKeys.pastOf(victim.name, at), value: JSON.stringify({ machine: victim.name, by: self, at }) },
      { kind: "put", key: fenceKeys.offOf(victim.name), value: JSON.stringify(off) },
      ...view.past.filter((one) => at - one.at >= limits.ofAll.withinMs).map((one) => ({ kind: "remove" as const, key: fenceKeys.pastOf(one.machine, one.at) })),
    ]);
    return done ? off : null;
  }

  private async carryOut(off: Off, leaderRevision: string): Promise<boolean> {
    const { store, power, log, wait, now } = this.options;
    const start = now();
    const seconds = (): string => `${((now() - start) / 1000).toFixed(2)} s`;
    const stillLeads = async (): Promise<boolean> => (await readView(store).catch(() => null))?.leader?.revision === leaderRevision;
    const { machine } = off;
    const outcome = await powerOff({
      power, machine: off.id, wait, now, log: (line) => log(`${machine}: ${line}`), wanted: stillLeads,
      onAccepted: (change) => {
        store.transact([], [{ kind: "put", key: fenceKeys.offOf(machine), value: JSON.stringify({ ...off, change }) }])
          .catch((error: unknown) => log(`what the cloud accepted for ${machine} is not noted: ${message(error)}`));
      },
    });
    if (!outcome.confirmed) {
      log(`${machine} is NOT confirmed to be off after ${seconds()}, so its leader key stays until Patroni's ttl decides: ${outcome.why}`);
      return false;
    }
    const confirmedAfter = seconds();
    // With the member key: what is off is no member.
    const { done } = await store.transact([{ kind: "unchanged", key: patroniKeys.leader, revision: leaderRevision }], [
      { kind: "remove", key: patroniKeys.member(machine) }, { kind: "remove", key: patroniKeys.leader },
    ]);
    log(done
      ? `${machine} is off, confirmed after ${confirmedAfter}; its leader key is released after ${seconds()}`
      : `${machine} is off, confirmed after ${confirmedAfter}, and led no more by then`);
    return done;
  }
}
