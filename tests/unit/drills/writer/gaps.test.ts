import { firstSince, worstGap } from "../../../drills/writer/gaps.ts";

test.each<[number[], number, number]>([
  [[], 5, 0],
  [[1, 2, 3], 0, 0],
  [[1, 2, 3], 2, 1],
  [[1, 2, 2, 2, 3], 2, 1],
  [[1, 2, 3], 2.5, 2],
  [[1, 2, 3], 4, 3],
])("of %j the first since %d is the one at %d", (times, since, index) => {
  expect(firstSince(times, since)).toBe(index);
});

test.each<[string, number[], { since: number; until: number }, number]>([
  ["none came at all", [], { since: 50, until: 100 }, 100],
  ["the longest of several", [10, 20, 50, 60], { since: 0, until: 61 }, 30],
  ["one that was over before the moment does not count", [10, 50, 55], { since: 51, until: 60 }, 5],
  ["one in which the moment lies counts as a whole", [10, 50, 55], { since: 30, until: 56 }, 40],
  ["one that has not ended", [10, 20], { since: 15, until: 90 }, 70],
  ["one that ends at the moment itself", [10, 50], { since: 50, until: 51 }, 40],
])("%s", (_, times, window, ms) => {
  expect(worstGap(times, { startedAt: 0, ...window })).toBe(ms);
});
