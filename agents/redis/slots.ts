/** Who is to hold how many slots. Pure. */
import { type SlotRange, slotsInAll } from "./clusterNodes.ts";

export interface Owner {
  readonly id: string;
  readonly slots: number;
}

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

/** At once: what is left is decided anew, by whoever is there then. */
const largestMove = 1_024;

/** Part of an even share by which masters may differ before slots are moved for it; draining goes to the end. */
const tolerance = 0.02;

/**
 * The next slots to be moved so that the masters hold equal shares, and nobody else any.
 * @param owners whoever holds slots now
 */
export function nextMove(owners: readonly Owner[], masters: readonly string[]): Move | null {
  const held = new Map(owners.map(({ id, slots }) => [id, slots]));
  const ranked = masters.map((id) => ({ id, slots: held.get(id) ?? 0 })).toSorted((a, b) => b.slots - a.slots);
  const share = Math.floor(slotsInAll / masters.length);
  // Who has most keeps what cannot be shared.
  const wanted = ranked.map((one, index) => ({ ...one, share: share + (index < slotsInAll % masters.length ? 1 : 0) }));
  const neediest = wanted.toSorted((a, b) => (b.share - b.slots) - (a.share - a.slots))[0];
  if (neediest === undefined) return null;
  const drained = owners.find(({ id, slots }) => slots > 0 && !masters.includes(id));
  const fullest = wanted.toSorted((a, b) => (b.slots - b.share) - (a.slots - a.share))[0];
  const lacking = neediest.share - neediest.slots;
  if (drained !== undefined) return { from: drained.id, to: neediest.id, count: Math.min(drained.slots, Math.max(lacking, 1), largestMove) };
  if (fullest === undefined || Math.max(fullest.slots - fullest.share, lacking) <= share * tolerance) return null;
  return { from: fullest.id, to: neediest.id, count: Math.min(fullest.slots - fullest.share, lacking, largestMove) };
}

/** The slots that are in none of these. */
export function ownerless(owned: readonly SlotRange[]): SlotRange[] {
  const free: SlotRange[] = [];
  let next = 0;
  for (const { from, to } of owned.toSorted((a, b) => a.from - b.from)) {
    if (from > next) free.push({ from: next, to: from - 1 });
    next = Math.max(next, to + 1);
  }
  return next < slotsInAll ? [...free, { from: next, to: slotsInAll - 1 }] : free;
}

/** Cuts ranges into shares of equal size, in order. */
export function evenShares(ranges: readonly SlotRange[], machines: readonly string[]): { machine: string; ranges: SlotRange[] }[] {
  const total = ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const rest = [...ranges];
  return machines.map((machine, index) => {
    let wanted = Math.floor(total / machines.length) + (index < total % machines.length ? 1 : 0);
    const own: SlotRange[] = [];
    while (wanted > 0) {
      const range = rest.shift();
      if (range === undefined) break;
      const to = Math.min(range.to, range.from + wanted - 1);
      own.push({ from: range.from, to });
      wanted -= to - range.from + 1;
      if (to < range.to) rest.unshift({ from: to + 1, to: range.to });
    }
    return { machine, ranges: own };
  }).filter((share) => share.ranges.length > 0);
}
