import type { MachineStatus } from "../../localcloud/operations.ts";

/** What was asked of somebody who may be dead, frozen or still booting. */
export type Answer<T> = { ok: true; value: T } | { ok: false; why: string };

/** While one is replaced, two machines may have the same name. */
export interface Said<T> {
  machine: MachineStatus;
  answer: Answer<T>;
}

/** `app-2` before `app-10`. */
const { compare } = new Intl.Collator("en", { numeric: true });
export const byName = (one: MachineStatus, other: MachineStatus): number => compare(one.name, other.name) || one.id - other.id;
export const inOrder = <T>(said: Said<T>[]): Said<T>[] => said.toSorted((one, other) => byName(one.machine, other.machine));
