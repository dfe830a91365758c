import { pollDelayMs, retryDelayMs } from "../../../agents/lb/retry.ts";

test.each([
  { refusals: 1, random: 0, retryAfterMs: 0, delay: 100 },
  { refusals: 1, random: 1, retryAfterMs: 0, delay: 300 },
  { refusals: 2, random: 0.5, retryAfterMs: 0, delay: 400 },
  { refusals: 9, random: 0, retryAfterMs: 0, delay: 2_000 },
  { refusals: 99, random: 1, retryAfterMs: 0, delay: 2_000 },
  { refusals: 1, random: 1, retryAfterMs: 7_000, delay: 7_000 },
  { refusals: 9, random: 1, retryAfterMs: 1_000, delay: 2_000 },
])("after $refusals refusals, random $random, retry-after $retryAfterMs ms: $delay ms", ({ refusals, random, retryAfterMs, delay }) => {
  expect(retryDelayMs(refusals, random, retryAfterMs)).toBe(delay);
});

test("a minute of looking at moves stays well within a token's 250 calls a minute", () => {
  let [calls, elapsed] = [0, 0];
  while (elapsed < 60_000) {
    elapsed += pollDelayMs(elapsed);
    calls += 1;
  }
  expect(calls).toBeLessThanOrEqual(100);
});
