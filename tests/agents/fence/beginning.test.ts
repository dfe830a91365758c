import { Beginning } from "../../../agents/fence/beginning.ts";
import { patroniKeys } from "../../../agents/fence/keys.ts";
import { MemoryStore } from "./support/memoryStore.ts";

const names = ["db-1", "db-2", "db-3"];
let store: MemoryStore;
let said: string[];
let clock: number;
let beginning: Beginning;

beforeEach(async () => {
  store = new MemoryStore();
  said = [];
  clock = 0;
  beginning = new Beginning(store, names, (line) => void said.push(line), () => clock);
  await store.put(patroniKeys.initialize, "");
  for (const name of names) await isAt(name, "stopped");
});

/** As Patroni writes it. */
async function isAt(name: string, state: string): Promise<void> {
  await store.put(patroniKeys.member(name), { conn_url: `postgres://${name}:5432/postgres`, state, role: "uninitialized" });
}

async function lookFor(seconds: number): Promise<void> {
  for (const end = clock + seconds * 1_000; clock <= end; clock += 5_000) await beginning.look();
}

const isTaken = (): boolean => store.keysBelow(patroniKeys.initialize).length > 0;

test("a cluster that nobody begins, though all are there, is for the next one to begin", async () => {
  await lookFor(10);
  expect(isTaken()).toBe(true);
  await lookFor(10);
  expect(isTaken()).toBe(false);
  expect(said).toEqual(["whoever was to begin the database's cluster does not: the next one may"]);
});

test.each<[string, () => Promise<void>]>([
  ["one of them is at work, as a restore is for hours", () => isAt("db-2", "running custom bootstrap script")],
  ["one is not heard of: it may be at work", () => store.remove(patroniKeys.member("db-3"))],
  ["the cluster has begun: that is its number", () => store.put(patroniKeys.initialize, "7575757575757575757")],
  ["nobody has begun anything", () => store.remove(patroniKeys.initialize)],
])("not while %s", async (_, change) => {
  await change();
  const before = store.keysBelow("");
  await lookFor(60);
  expect(store.keysBelow("")).toEqual(before);
});

test("whoever took the place a moment ago has time to say so", async () => {
  await lookFor(10);
  await store.put(patroniKeys.initialize, "");
  await lookFor(10);
  expect(isTaken()).toBe(true);
});
