import { LaneTally } from "../../../drills/redis/lanes.ts";

const write = { key: "k", value: "v" };

test("the gap is the longest time between two acknowledged writes, the one that goes on included", () => {
  const lane = new LaneTally("10.0.0.1", 1_000);
  lane.written("plain", write, 1_010);
  lane.written("waited", write, 1_500);
  lane.failed("READONLY");
  expect(lane.look(1_600)).toEqual({ master: "10.0.0.1", acknowledged: 2, refused: 1, gapMs: 490, lastError: "READONLY" });
  expect(lane.look(4_500).gapMs).toBe(3_000);
});

test("what was before a reset does not count", () => {
  const lane = new LaneTally("10.0.0.1", 0);
  lane.written("plain", write, 5_000);
  lane.reset(6_000);
  expect(lane.look(6_100).gapMs).toBe(100);
  expect(lane.acknowledged.plain).toEqual([write]);
});
