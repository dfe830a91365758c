import type { Store } from "../etcd/store.ts";
import { fenceKeys, type Off, type Past } from "./keys.ts";
import { readView } from "./view.ts";

/** What `quickcart-fence status` prints. */
export interface Status {
  /** Whether this machine has a token of the cloud's API. */
  enabled: boolean;
  leader: string | null;
  /** Whose PostgreSQL serves. */
  fit: string[];
  paused: boolean;
  /** Observers, by the machine that they do not see. */
  blind: Record<string, readonly string[]>;
  fencing: { by: string; machine: string } | null;
  past: Past[];
  /** Machines whose power was to be cut and that have not been given it back. */
  off: Off[];
}

export async function statusOf(store: Store, enabled: boolean): Promise<Status> {
  const { leader, members, paused, blind, fencing, past, off } = await readView(store);
  return {
    enabled, leader: leader?.name ?? null, fit: members.filter(({ fit }) => fit).map(({ name }) => name), paused,
    blind: Object.fromEntries(blind), fencing, past, off,
  };
}

/** Forgets what limits the next fence; answers how many that were. */
export async function allow(store: Store): Promise<number> {
  const { past } = await readView(store);
  await store.transact([], past.map(({ machine, at }) => ({ kind: "remove", key: fenceKeys.pastOf(machine, at) })));
  return past.length;
}
