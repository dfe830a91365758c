import { type Acknowledged, isIn, type Level, levels, type Range } from "./messages.ts";

export interface Verdict {
  /** Acknowledged, and not there in the end. */
  lost: Record<Level, Acknowledged[]>;
  /** Acknowledged by an old primary after a new one had acknowledged something, and there in the end: two primaries whose writes both count. */
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
  const isOutdated = ({ timeline, at }: Acknowledged): boolean => [...begun].some(([later, since]) => later > timeline && since < at);
  return {
    lost: of((level) => writes.filter((one) => one.series === level && !isThere(one))),
    ofTwoPrimaries: writes.filter((one) => isOutdated(one) && isThere(one)),
    acknowledged: of((level) => writes.filter((one) => one.series === level).length),
  };
}
