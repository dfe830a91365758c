import { ApiError } from "../api/error.ts";
import type { Store } from "../etcd/store.ts";
import { fenceKeys, type Off } from "./keys.ts";
import type { Power } from "./power/power.ts";
import type { View } from "./view.ts";

/** An agent that was to give a machine its power back, and has not for so long, is gone: another does. */
export const takeOverMs = 180_000;
/** A cluster that has no leader by then will not get one from waiting longer. */
export const leaderLimitMs = 60_000;
/** For so long a machine is looked after whose power the cloud did not cut in time: it may still do so. */
export const forgetMs = 900_000;

/**
 * Machines that this agent is to give their power back: not before another takes writes, so that one that boots quickly does
 * not take its place again, and a promotion does not share disks and processors with a boot.
 */
export function owed({ off, leader, members, fencing }: View, self: string, now: number): Off[] {
  const primary = members.find(({ name }) => name === leader?.name)?.primary === true;
  return off.filter(({ machine, by, at }) => {
    if (machine === self || fencing?.machine === machine) return false;
    const led = primary && leader?.name !== machine;
    return (by === self || now - at >= takeOverMs) && (led || now - at >= leaderLimitMs);
  });
}

export interface PowerOnOptions {
  store: Store;
  power: Power;
  now: () => number;
}

/** One step towards that; answers what there is to say of it. To be taken again until the record is gone. */
export async function powerOn({ store, power, now }: PowerOnOptions, record: Off): Promise<string> {
  const { machine, id, at, wanted, change } = record;
  const key = fenceKeys.offOf(machine);
  const forget = async (words: string): Promise<string> => {
    await store.transact([], [{ kind: "remove", key }]);
    return words;
  };
  const note = async (next: Partial<Off>, words: string): Promise<string> => {
    await store.transact([], [{ kind: "put", key, value: JSON.stringify({ ...record, ...next }) }]);
    return words;
  };
  const progress = change === null ? "moving" : await power.progress(id, change);
  if (wanted === "on") {
    if (progress === "done") return await forget(`${machine} has its power back`);
    return progress === "moving" ? `${machine} gets its power back` : await note({ wanted: "off", change: null }, `the cloud failed to give ${machine} its power back, trying again`);
  }
  if (await power.isOff(id)) {
    try {
      const accepted = await power.on(id);
      return accepted === null ? await forget(`${machine} has its power back`) : await note({ wanted: "on", change: accepted }, `${machine} gets its power back`);
    } catch (error) {
      if (error instanceof ApiError && error.status === 422) return `${machine} cannot get its power back while something else is under way`;
      throw error;
    }
  }
  if (progress !== "moving") return await forget(`${machine} has its power`);
  return now() - at >= forgetMs
    ? await forget(`the cloud has not cut the power of ${machine} in ${forgetMs / 60_000} minutes: nobody looks after it any more`)
    : `the cloud may still cut the power of ${machine}: looking after it`;
}
