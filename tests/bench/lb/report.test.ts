import { compare, comparisonTable, costs, costTable } from "../../../bench/lb/report.ts";

const sample = (answers: number, cpuSeconds: number) => ({ answers, cpuSeconds, seconds: 1 });

it.each([
  [0.8, true],
  [0.7, true],
  [0.69, false],
])("a load balancer that serves %d of bare holds: %p", (ratio, holds) => {
  const comparison = compare("requests", { bare: [sample(1000, 0.1), sample(1000, 0.2)], ours: [sample(1000 * ratio, 0.1), sample(1000 * ratio, 0.2)] });
  expect(comparison).toMatchObject({ bare: 7500, holds, ratio: { median: ratio, from: ratio, to: ratio } });
  expect(comparisonTable([comparison]).at(-1)).toMatch(holds ? /ok$/ : /NO$/);
});

test("a feature costs what a request takes longer than bare", () => {
  const [log] = costs({ bare: [sample(10_000, 0.2), sample(10_000, 0.4)], log: [sample(10_000, 0.25), sample(10_000, 0.45)] });
  expect(log).toEqual({ feature: "log", microseconds: { median: 5, from: 5, to: 5 }, percent: 17 });
  expect(costTable("a request", log === undefined ? [] : [log])).toEqual([
    "CPU of a feature alone, a request  µs more  half of all  of bare",
    "log                                    5.0      5.0-5.0     17 %",
  ]);
});
