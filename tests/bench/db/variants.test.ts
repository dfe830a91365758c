import { asItComes, broken, type Gap, type Name, resultOf } from "../../../bench/db/variants.ts";

const gap = (local: number): Gap => ({ local, on: local + 1, read: 0.5 });
const result = (name: Name, ...seconds: number[]) => resultOf(name, asItComes, seconds.map(gap));

test("median and worst of each", () => {
  expect(result("tuned", 20, 24.004, 22)).toEqual({
    name: "tuned", ttl: 30, loop_wait: 10, retry_timeout: 10,
    gaps: [gap(20), gap(24), gap(22)], median: gap(22), worst: gap(24),
  });
});

test.each([
  ["all as promised", [result("as it comes", 40, 45), result("tuned", 20, 24), result("fenced", 5, 6)], []],
  ["one fence was late", [result("as it comes", 40), result("tuned", 20), result("fenced", 5, 5, 7)], [/at worst 7 s/]],
  ["fences that do nothing", [result("as it comes", 40), result("tuned", 20), result("fenced", 20)], [/at worst/, /the fence is of no use/]],
  ["settings that do nothing", [result("as it comes", 20), result("tuned", 20), result("fenced", 5)], [/settings are of no use/]],
  ["one is missing", [result("tuned", 20)], [/not all/]],
])("%s", (_, results, expected) => {
  expect(broken(results, 5, 1)).toEqual(expected.map((words) => expect.stringMatching(words) as string));
});
