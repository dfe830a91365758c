/** Pure figures over samples; an empty list of them is an error of the caller. */

/** Linear between the two samples beside it, as spreadsheets do. @param part 0.5 is the median */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new Error("there are no samples");
  return below + (above - below) * (at - Math.floor(at));
}

export interface Spread {
  median: number;
  /** Half of all samples lie between these two. */
  from: number;
  to: number;
}

export const spread = (samples: readonly number[]): Spread => ({
  median: quantile(samples, 0.5), from: quantile(samples, 0.25), to: quantile(samples, 0.75),
});

/**
 * Sample by sample, so that what slowed both down at the same time cancels out.
 *
 * @param combine e.g. the ratio of the two
 */
export function paired(ones: readonly number[], others: readonly number[], combine: (one: number, other: number) => number): Spread {
  if (ones.length !== others.length) throw new Error(`${ones.length} samples beside ${others.length}`);
  return spread(ones.map((one, index) => combine(one, others[index] ?? NaN)));
}

/** Everyone once a round, in an order that changes, so that none is always measured after the same other, or twice in a row more often than others. */
export function rounds<T>(many: number, all: readonly T[]): { round: number; item: T }[] {
  return Array.from({ length: many }, (_, round) => {
    const first = Math.floor(round / 2) % all.length;
    const turned = [...all.slice(first), ...all.slice(0, first)];
    return (round % 2 === 0 ? turned : turned.toReversed()).map((item) => ({ round, item }));
  }).flat();
}
