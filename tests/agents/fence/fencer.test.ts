import { ApiError } from "../../../agents/api/error.ts";
import { Fencer } from "../../../agents/fence/fencer.ts";
import { fenceKeys, patroniKeys } from "../../../agents/fence/keys.ts";
import { confirmLimitMs } from "../../../agents/fence/powerOff.ts";
import { readView } from "../../../agents/fence/view.ts";
import { FakePower } from "./support/fakePower.ts";
import { MemoryStore } from "./support/memoryStore.ts";

const victim = { name: "db-1", id: "101" };
const why = "db-1 is silent for 3200 ms, db-3 does not see it either";

let store: MemoryStore;
let power: FakePower;
let said: string[];
let clock: number;
/** Called at each wait, with what is asked for in the meantime. */
let meanwhile: () => Promise<void>;

beforeEach(async () => {
  store = new MemoryStore();
  power = new FakePower();
  said = [];
  clock = Date.parse("2026-11-21T02:00:00Z");
  meanwhile = () => Promise.resolve();
  await store.put(patroniKeys.leader, "db-1");
  for (const name of ["db-1", "db-2", "db-3"]) await store.put(patroniKeys.member(name), { state: "running" });
});

const fencer = (self = "db-2"): Fencer => new Fencer({
  self, store, power, log: (line) => said.push(line), now: () => clock,
  wait: async (ms) => {
    clock += ms;
    await meanwhile();
  },
});

test("cuts the power, then releases the leader's key with its member key, and owes it its power", async () => {
  expect(await fencer().fence(victim, await readView(store), why)).toBe(true);
  expect(power.asked).toEqual(["off 101"]);
  expect(store.keysBelow("/")).toEqual([
    fenceKeys.offOf("db-1"), fenceKeys.pastOf("db-1", clock), patroniKeys.member("db-2"), patroniKeys.member("db-3"),
  ]);
  expect((await readView(store)).off).toEqual([{ machine: "db-1", id: "101", by: "db-2", at: clock, wanted: "off", change: "off" }]);
  expect(said).toEqual([`${why}: cutting its power`, expect.stringMatching(/^db-1 is off, confirmed after .* its leader key is released after/)]);
});

test("the key stays for as long as the cloud has not said that it is done", async () => {
  power.outcome = "moving";
  let waits = 0;
  meanwhile = async () => {
    waits += 1;
    expect(store.keysBelow(patroniKeys.leader)).toEqual([patroniKeys.leader]);
    if (waits === 20) power.outcome = "done";
  };
  expect(await fencer().fence(victim, await readView(store), why)).toBe(true);
  expect(waits).toBe(20);
});

test.each<[string, () => void, RegExp]>([
  ["the action never ends", () => { power.outcome = "moving"; }, /NOT confirmed .*has not cut its power within 120 s/],
  ["the action fails", () => { power.outcome = "failed"; }, /NOT confirmed .*accepted to cut its power, and then failed to/],
  ["the cloud refuses for good", () => { power.refusals = Array.from({ length: 1_000 }, () => new ApiError("403 no", { status: 403 })); }, /NOT confirmed .*did not cut its power: 403 no/],
])("%s: the key stays, and nothing more is done", async (_, arrange, words) => {
  arrange();
  const start = clock;
  expect(await fencer().fence(victim, await readView(store), why)).toBe(false);
  expect(store.keysBelow(patroniKeys.leader)).toEqual([patroniKeys.leader]);
  expect(said.at(-1)).toMatch(words);
  expect(clock - start).toBeLessThan(confirmLimitMs + 2_000);
  expect(store.keysBelow(fenceKeys.lock)).toEqual([]);
});

test("a refusal is tried again, no sooner than the cloud says", async () => {
  power.refusals = [new ApiError("429", { status: 429, retryAfterMs: 4_000 }), new ApiError("no answer within 5000 ms")];
  const start = clock;
  expect(await fencer().fence(victim, await readView(store), why)).toBe(true);
  expect(power.asked).toEqual(["off 101", "off 101", "off 101"]);
  expect(clock - start).toBe(4_500);
});

test("Patroni's ttl decides while the cloud refuses: no more is asked", async () => {
  power.refusals = Array.from({ length: 10 }, () => new ApiError("503", { status: 503 }));
  meanwhile = () => store.put(patroniKeys.leader, "db-3");
  expect(await fencer().fence(victim, await readView(store), why)).toBe(false);
  expect(power.asked).toEqual(["off 101"]);
  expect(said.at(-1)).toMatch(/leads no more, and its power was not cut: 503/);
});

test.each([
  ["names another", "db-3"],
  ["was written anew by the same machine", "db-1"],
])("a leader key that %s by then stays", async (_, leader) => {
  power.outcome = "moving";
  meanwhile = async () => {
    await store.put(patroniKeys.leader, leader);
    power.outcome = "done";
  };
  expect(await fencer().fence(victim, await readView(store), why)).toBe(false);
  expect((await readView(store)).leader?.name).toBe(leader);
  expect(store.keysBelow(patroniKeys.member("db-1"))).toHaveLength(1);
  expect(said.at(-1)).toMatch(/is off, .* led no more by then/);
});

test("of two that decide at one moment, one acts", async () => {
  const view = await readView(store);
  expect((await Promise.all(["db-2", "db-3"].map(async (self) => await fencer(self).fence(victim, view, why)))).sort()).toEqual([false, true]);
  expect(power.asked).toEqual(["off 101"]);
  expect((await readView(store)).past).toHaveLength(1);
});

test("who decided by an older view than another's fence does not act after it", async () => {
  const view = await readView(store);
  await fencer("db-3").fence(victim, view, why);
  await store.put(patroniKeys.leader, "db-1");
  expect(await fencer().fence(victim, { ...view, leader: (await readView(store)).leader }, why)).toBe(false);
  expect(power.asked).toEqual(["off 101"]);
});

test("a leader that changed after that view, while nobody fenced, keeps its power", async () => {
  const view = await readView(store);
  await store.put(patroniKeys.leader, "db-3");
  expect(await fencer().fence(victim, view, why)).toBe(false);
  expect(power.asked).toEqual([]);
  expect(said).toEqual([expect.stringMatching(/somebody else is quicker, or it leads no more/)]);
});

test("fences that no limit looks back to are forgotten", async () => {
  await store.put(fenceKeys.pastOf("db-3", 1), { machine: "db-3", by: "db-1", at: 1 });
  await fencer().fence(victim, await readView(store), why);
  expect((await readView(store)).past).toEqual([{ machine: "db-1", by: "db-2", at: clock }]);
});

test("without etcd nothing is asked of the cloud", async () => {
  const view = await readView(store);
  store.away = true;
  await expect(fencer().fence(victim, view, why)).rejects.toThrow("etcdserver: request timed out");
  expect(power.asked).toEqual([]);
});
