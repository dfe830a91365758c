/** Of acknowledgements in the order of their times. Pure. */

/** The first that is not before the moment; as many as there are when none is. */
export function firstSince(times: readonly number[], since: number): number {
  let from = 0;
  let to = times.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((times[middle] ?? Infinity) < since) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * Longest time without one, of the gaps that ended after `since`: what of such a gap was before it counts, too, and one that
 * has not ended counts as long as it is at `until`.
 */
export function worstGap(times: readonly number[], { startedAt, since, until }: { startedAt: number; since: number; until: number }): number {
  const first = firstSince(times, since);
  let last = times[first - 1] ?? startedAt;
  let worst = 0;
  for (let index = first; index < times.length; index += 1) {
    const time = times[index] ?? last;
    worst = Math.max(worst, time - last);
    last = time;
  }
  return Math.max(worst, until - last);
}
