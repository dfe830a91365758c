import { otherSlot, type Slot, slots } from "../slots.ts";

/** What a machine has in one slot. */
export interface SlotState {
  /** Hash of the bundle that the slot's link names; null when the slot is free. */
  bundle: string | null;
  /** Answers requests with that bundle right now. */
  serves: boolean;
}

export type Slots = Readonly<Record<Slot, SlotState>>;

export type Step =
  /** The bundle is alone on the machine: it is to run, and nothing else is to be done. */
  | { kind: "run"; slot: Slot }
  /** The bundle goes into a slot that is free. */
  | { kind: "place"; slot: Slot }
  /** Both slots are taken: `to` has to prove itself, then `from` goes; when it cannot, it goes itself. */
  | { kind: "handOver"; from: Slot; to: Slot };

/** The next step towards `wanted` being what this machine serves. Each step leaves a state from which the next can be told, whenever the agent is killed. */
export function nextStep(state: Slots, wanted: string): Step {
  const holder = slots.find((slot) => state[slot].bundle === wanted);
  const free = slots.find((slot) => state[slot].bundle === null);
  if (holder !== undefined) return free === undefined ? { kind: "handOver", from: otherSlot(holder), to: holder } : { kind: "run", slot: holder };
  if (free !== undefined) return { kind: "place", slot: free };
  // An agent was killed in the middle of a release, and meanwhile another one is wanted: one of the two goes on serving.
  const keeper = state.green.serves && !state.blue.serves ? "green" : "blue";
  return { kind: "handOver", from: otherSlot(keeper), to: keeper };
}
