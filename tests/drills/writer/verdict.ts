import { type Acknowledged, isIn, type Level, levels, type Range } from "./messages.ts";

export interface Verdict {
  /** Acknowledged, and not there in the end. */
  lost: Record<Level, Acknowledged[]>;
  /**
   * Sent when a later primary had acknowledged something already, and yet acknowledged by an earlier one: two at a time. Whether
   * they are there in the end does not matter; mostly they are lost, which is what nobody may be told "yes" for.
   */
  ofTwoPrimaries: Acknowledged[];
  acknowledged: Record<Level, number>;
}

/** What became of the writes that somebody was told of. Knows no clock and no network. */
export function verdict(acknowledged: readonly Acknowledged[], present: Record<Level, readonly Range[]>): Verdict {
  const writes = acknowledged.filter((one): one is Acknowledged & { series: Level } => one.series !== "read");
  const isThere = ({ series, n }: { series: Level; n: number }): boolean => isIn(present[series], n);
  const of = <T>(what: (level: Level) => T): Record<Level, T> => Object.fromEntries(levels.map((level) => [level, what(level)])) as Record<Level, T>;
  const begun = new Map<number, number>();
  for (const { timeline, at } of writes) begun.set(timeline, Math.min(at, begun.get(timeline) ?? Infinity));
  // By when it was sent: an answer may be late without anybody's fault.
  const isOutdated = ({ timeline, sentAt }: Acknowledged): boolean => [...begun].some(([later, since]) => later > timeline && since < sentAt);
  return {
    lost: of((level) => writes.filter((one) => one.series === level && !isThere(one))),
    ofTwoPrimaries: writes.filter(isOutdated),
    acknowledged: of((level) => writes.filter((one) => one.series === level).length),
  };
}

/** From when until when a primary's writes may have reached nobody else. */
export interface Behind {
  from: number;
  to: number;
}

/** Replication under way: what was acknowledged just before a fault may be lost with it. */
const underWayMs = 100;

/** Of lost ordinary commits those that no such time explains. */
export function unexplained(lost: readonly Acknowledged[], behind: readonly Behind[]): Acknowledged[] {
  return lost.filter(({ at }) => !behind.some(({ from, to }) => from - underWayMs <= at && at <= to));
}
