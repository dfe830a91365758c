import { busyBetween } from "../../../bench/lb/busy.ts";
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

test("a feature costs what bare takes more with it, and ours less without it", () => {
  const samples = { bare: [sample(10_000, 0.2)], ours: [sample(10_000, 0.4)], log: [sample(10_000, 0.25)], "without log": [sample(10_000, 0.33)] };
  const all = costs(samples, ["log"]);
  const exactly = (median: number) => ({ median, from: median, to: median });
  expect(all).toEqual([
    { feature: "all of them", alone: exactly(20), amongAll: exactly(20) },
    { feature: "log", alone: exactly(5), amongAll: exactly(7) },
  ]);
  expect(costTable("a request", all)).toEqual([
    "µs of CPU for a request  alone   half of all  among all   half of all",
    "all of them               20.0  20.0 to 20.0       20.0  20.0 to 20.0",
    "log                        5.0    5.0 to 5.0        7.0    7.0 to 7.0",
  ]);
});

test("a host is busy while its processors are not idle", () => {
  const times = (idle: number, user: number) => ({ user, nice: 0, sys: 0, idle, irq: 0 });
  expect(busyBetween([times(100, 0), times(0, 0)], [times(200, 0), times(25, 75)])).toBe(0.375);
  expect(busyBetween([times(1, 1)], [times(1, 1)])).toBe(0);
});
