import { paired, quantile, rounds, spread } from "../../bench/statistics.ts";

describe("quantile", () => {
  it.each([
    [[5], 0.5, 5],
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[1, 2, 3, 4, 5], 0.25, 2],
    [[10, 20], 0.25, 12.5],
    [[3, 9, 6], 0, 3],
    [[3, 9, 6], 1, 9],
  ])("of %j at %d is %d", (samples, part, expected) => {
    expect(quantile(samples, part)).toBeCloseTo(expected);
  });

  it("leaves the samples as they are", () => {
    const samples = [3, 1, 2];
    quantile(samples, 0.5);
    expect(samples).toEqual([3, 1, 2]);
  });

  it("of nothing is refused", () => {
    expect(() => spread([])).toThrow("there are no samples");
  });
});

describe("paired", () => {
  it("does not see what slowed both down at the same time", () => {
    const noise = [1, 7, 2, 3, 11];
    expect(paired(noise.map((factor) => 7 * factor), noise.map((factor) => 10 * factor), (one, other) => one / other)).toEqual({ median: 0.7, from: 0.7, to: 0.7 });
  });

  it("wants as many of the one as of the other", () => {
    expect(() => paired([1, 2], [1], (one) => one)).toThrow("2 samples beside 1");
  });
});

test("in rounds, nobody is always the first, or always after the same other", () => {
  const order = (many: number, all: string[]): string[] => Array.from({ length: many }, (_, at) => rounds(many, all).filter(({ round }) => round === at).map(({ item }) => item).join(""));
  expect(order(4, ["a", "b"])).toEqual(["ab", "ba", "ba", "ab"]);
  expect(order(6, ["a", "b", "c"])).toEqual(["abc", "cba", "bca", "acb", "cab", "bac"]);
});
