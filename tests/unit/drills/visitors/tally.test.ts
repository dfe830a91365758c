import type { Failure } from "../../../drills/visitors/messages.ts";
import { kindOf } from "../../../drills/visitors/mix.ts";
import { percentiles, Tally } from "../../../drills/visitors/tally.ts";

const answered = { ms: 2, server: "app-1", release: "r1", order: null };
const failure: Failure = { kind: "order", askedAt: 0, at: 5, error: "reset", status: null, server: null, sent: true, reused: false, order: 7 };

test("seven of ten look, two order, one waits", () => {
  const ten = Array.from({ length: 10 }, (_, index) => kindOf(index + 30));
  expect(ten.sort()).toEqual(["order", "order", ...Array.from({ length: 7 }, () => "page"), "slow"]);
});

test("the longest gap of a tick is reported with its end, and slow answers neither make nor end one", () => {
  const tally = new Tally(1000);
  tally.answered("page", { ...answered, at: 1010 });
  tally.answered("slow", { ...answered, at: 1200 });
  tally.answered("order", { ...answered, at: 1310, order: 7 });
  tally.answered("page", { ...answered, at: 1320 });
  expect(tally.tick(1400).gaps).toEqual({
    visitors: { ms: 300, endedAt: 1310, lastAnswerAt: 1320 },
    probe: { ms: 0, endedAt: 1000, lastAnswerAt: 1000 },
  });
  expect(tally.tick(1500).gaps.visitors).toEqual({ ms: 0, endedAt: 1400, lastAnswerAt: 1320 });
});

test("a tick holds what is new, and counts hold everything", () => {
  const tally = new Tally(0);
  tally.asked("order");
  tally.asked("order");
  tally.answered("order", { ...answered, at: 4, order: 6 });
  tally.failed(failure);
  tally.late(30);
  const first = tally.tick(10);
  const second = tally.tick(20);
  expect([first.failures, first.acknowledged, first.lateMs]).toEqual([[failure], [6], 30]);
  expect([second.failures, second.acknowledged, second.lateMs]).toEqual([[], [], 0]);
  expect(second.counts.order).toEqual({ asked: 2, answered: 1, failed: 1 });
  expect(second.parties).toEqual([{ server: "app-1", release: "r1", answers: 1, firstAt: 4, lastAt: 4 }]);
});

test.each<[number[], number, number, number]>([
  [[], 0, 0, 0],
  [[5], 5, 5, 5],
  [Array.from({ length: 100 }, (_, index) => 100 - index), 50, 99, 100],
])("percentiles of %j", (values, p50, p99, max) => {
  expect(percentiles(values)).toMatchObject({ p50, p99, max });
});
