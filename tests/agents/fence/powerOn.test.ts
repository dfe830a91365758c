import { ApiError } from "../../../agents/api/error.ts";
import { fenceKeys, type Off } from "../../../agents/fence/keys.ts";
import { forgetMs, leaderLimitMs, owed, powerOn, takeOverMs } from "../../../agents/fence/powerOn.ts";
import { readView, type View } from "../../../agents/fence/view.ts";
import { FakePower } from "./support/fakePower.ts";
import { MemoryStore } from "./support/memoryStore.ts";

const at = Date.parse("2026-11-21T02:00:00Z");
const record: Off = { machine: "db-1", id: "101", by: "db-2", at, wanted: "off", change: "off" };

describe("who is owed its power", () => {
  const view: View = {
    revision: "1", leader: { name: "db-3", revision: "1" }, paused: false, members: [{ name: "db-3", fit: true, primary: true }], sync: null, fencing: null, past: [], off: [record], blind: new Map(),
  };
  test.each<[boolean, string, Partial<View>, string, number]>([
    [true, "another leads", {}, "db-2", 0],
    [false, "nobody leads yet", { leader: null }, "db-2", leaderLimitMs - 1],
    [false, "another leads, and takes no writes yet", { members: [{ name: "db-3", fit: true, primary: false }] }, "db-2", leaderLimitMs - 1],
    [true, "nobody leads after a minute", { leader: null }, "db-2", leaderLimitMs],
    [false, "its own key is still there", { leader: { name: "db-1", revision: "1" } }, "db-2", 0],
    [false, "it is still being fenced", { fencing: { by: "db-2", machine: "db-1" } }, "db-2", 0],
    [true, "another one is being fenced", { fencing: { by: "db-2", machine: "db-3" } }, "db-2", 0],
    [false, "another agent looks after it", {}, "db-3", takeOverMs - 1],
    [true, "the other agent has not in time", {}, "db-3", takeOverMs],
    [false, "it is this machine", {}, "db-1", takeOverMs],
  ])("%s: %s", (expected, _, change, self, after) => {
    expect(owed({ ...view, ...change }, self, at + after)).toEqual(expected ? [record] : []);
  });
});

describe("a step towards it", () => {
  let store: MemoryStore;
  let power: FakePower;
  let now: number;

  beforeEach(async () => {
    store = new MemoryStore();
    power = new FakePower();
    now = at;
    await store.put(fenceKeys.offOf("db-1"), record);
  });
  const step = async (): Promise<string> => {
    const [kept] = (await readView(store)).off;
    return kept === undefined ? "nothing" : await powerOn({ store, power, now: () => now }, kept);
  };

  test("a machine that is off gets its power, and is forgotten once it has it", async () => {
    power.powered.set("101", "off");
    expect([await step(), await step(), await step()]).toEqual(["db-1 gets its power back", "db-1 has its power back", "nothing"]);
    expect(power.asked).toEqual(["on 101"]);
  });

  test("one whose power may still be cut is looked after, for a while", async () => {
    power.outcome = "moving";
    expect(await step()).toBe("the cloud may still cut the power of db-1: looking after it");
    now += forgetMs;
    expect([await step(), await step()]).toEqual([expect.stringContaining("in 15 minutes: nobody looks after it any more"), "nothing"]);
  });

  test("one that was cut late gets its power back, too", async () => {
    power.outcome = "moving";
    await step();
    power.powered.set("101", "off");
    expect(await step()).toBe("db-1 gets its power back");
  });

  test.each<["done" | "failed"]>([["done"], ["failed"]])("one that has its power although the action is %s is forgotten", async (outcome) => {
    power.outcome = "failed";
    power.powered.set("101", "on");
    power.progress = () => Promise.resolve(outcome);
    expect([await step(), await step()]).toEqual(["db-1 has its power", "nothing"]);
    expect(power.asked).toEqual([]);
  });

  test("while something else is under way it is tried again; other refusals are told", async () => {
    power.powered.set("101", "off");
    power.refusals = [new ApiError("422 pending", { status: 422 }), new ApiError("503", { status: 503 })];
    expect(await step()).toMatch(/cannot get its power back while something else is under way/);
    await expect(step()).rejects.toThrow("503");
    expect(await step()).toBe("db-1 gets its power back");
  });

  test("an action that fails to give it back is asked for again", async () => {
    power.powered.set("101", "off");
    await step();
    power.outcome = "failed";
    expect(await step()).toMatch(/the cloud failed to give db-1 its power back/);
    power.outcome = "done";
    power.progress = () => Promise.resolve("moving");
    expect(await step()).toBe("db-1 gets its power back");
    expect(power.asked).toEqual(["on 101", "on 101"]);
  });
});
