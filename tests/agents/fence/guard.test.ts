import { Guard, type Known } from "../../../agents/fence/guard.ts";
import { fenceKeys, patroniKeys } from "../../../agents/fence/keys.ts";
import type { Probe } from "../../../agents/fence/probe.ts";
import type { Shun } from "../../../agents/fence/shun.ts";
import { until } from "../support/until.ts";
import { FakePower } from "./support/fakePower.ts";
import { MemoryStore } from "./support/memoryStore.ts";

/** Silence counts in probes of 200 ms each, which here are launched twenty times as often: a busy host's own pauses must not look like silence. */
const intervals = { probeMs: 10, lookMs: 5 };

let store: MemoryStore;
let power: FakePower;
let said: string[];
let stop: AbortController;
let running: Promise<void>[];
/** Whose probes are answered, by address. */
let alive: Set<string>;
let machines: Map<string, Known>;
/** At etcd, by all of them. */
let looks: number;
/** Who shuns which address. */
let shunned: string[];

beforeEach(async () => {
  store = new MemoryStore();
  power = new FakePower();
  said = [];
  stop = new AbortController();
  running = [];
  looks = 0;
  shunned = [];
  alive = new Set(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  machines = new Map([1, 2, 3].map((n) => [`db-${n}`, { address: `10.0.0.${n}`, id: `10${n}` }]));
  await store.put(patroniKeys.leader, "db-1");
  for (const name of machines.keys()) await store.put(patroniKeys.member(name), { state: "running" });
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running);
});

const probesOf = (address: string): Probe[] => [async (onReached) => {
  if (!alive.has(address)) return await new Promise<boolean>(() => undefined);
  onReached();
  return true;
}];

const shunOf = (self: string): Shun => ({
  begin: async (address) => { shunned.push(`${self} ${address}`); },
  end: async (address) => { shunned.splice(shunned.indexOf(`${self} ${address}`), 1); },
});

function start(self: string, cloud: FakePower | null = power): void {
  const guard = new Guard({ self, store, power: cloud, machines: () => machines, probesOf, shun: shunOf(self), onView: () => { looks += 1; }, log: (line) => said.push(`${self}: ${line}`), intervals });
  running.push(guard.run(stop.signal));
}
const hasSaid = (words: RegExp) => (): boolean => said.some((line) => words.test(line));
const leads = (self: string) => hasSaid(new RegExp(`^${self}: Patroni's leader is db-1`));

async function bothWatch(): Promise<void> {
  start("db-2");
  start("db-3");
  await until("both know the leader", () => leads("db-2")() && leads("db-3")());
}

test("a leader that is gone is off before its key is, and gets its power back once another leads", async () => {
  await bothWatch();
  alive.delete("10.0.0.1");
  await until("its key is released", () => store.keysBelow(patroniKeys.leader).length === 0);
  expect(power.powered.get("101")).toBe("off");
  await store.put(patroniKeys.leader, "db-3");
  await store.put(patroniKeys.member("db-3"), { state: "running", role: "primary" });
  await until("it has its power back", () => store.keysBelow(fenceKeys.off).length === 0);
  expect(power.asked).toEqual(["off 101", "on 101"]);
});

test("while a leader is fenced nobody who might take over waits for its answer", async () => {
  await bothWatch();
  power.outcome = "moving";
  alive.delete("10.0.0.1");
  await until("both shun it", () => shunned.length === 2);
  expect(shunned.toSorted()).toEqual(["db-2 10.0.0.1", "db-3 10.0.0.1"]);
  expect(store.keysBelow(patroniKeys.leader)).toHaveLength(1);
  power.outcome = "done";
  await until("its key is released", () => store.keysBelow(patroniKeys.leader).length === 0);
  expect(shunned).toHaveLength(2);
  await store.put(patroniKeys.leader, "db-3");
  await until("both hear it again", () => shunned.length === 0);
});

test("a leader that one of them sees keeps its power", async () => {
  start("db-2");
  await until("it knows the leader", leads("db-2"));
  alive.delete("10.0.0.1");
  await until("it has decided", hasSaid(/db-1 is silent for \d+ ms, but nobody else says so/));
  expect(power.asked).toEqual([]);
  alive.add("10.0.0.1");
  await until("it is seen again", hasSaid(/db-1 answers/));
  await until("it says so to the others", () => store.keysBelow(fenceKeys.blind).length === 0);
});

test("one that is cut off from the quorum leaves the others alone", async () => {
  await bothWatch();
  store.away = true;
  alive.clear();
  await until("both have decided", () => hasSaid(/^db-2: .*this machine may be the one that is cut off/)() && hasSaid(/^db-3: .*cut off/)());
  expect(power.asked).toEqual([]);
});

test("a stall of 3 s passes", async () => {
  await bothWatch();
  const answer: (() => void)[] = [];
  let launched = 0;
  const stalling: Probe = () => new Promise((resolve) => {
    launched += 1;
    answer.push(() => resolve(true));
    // The fifteenth probe is launched 2.8 s after the first one: then all are answered.
    if (launched % 15 === 0) for (const one of answer.splice(0)) one();
  });
  const guard = new Guard({
    self: "db-2", store, power, machines: () => machines, shun: shunOf("db-2"), probesOf: () => [stalling], onView: () => undefined, log: (line) => said.push(`again: ${line}`), intervals,
  });
  running.push(guard.run(stop.signal));
  await store.put(fenceKeys.blindTo("db-1", "db-3"), "");
  await until("three stalls have passed", () => launched > 45);
  expect(power.asked).toEqual([]);
  expect(said.filter((line) => line.includes("silent"))).toEqual([]);
});

test("without a token it says whom it does not see, and that is all", async () => {
  start("db-2", null);
  start("db-3");
  await until("both know the leader", () => leads("db-2")() && leads("db-3")());
  alive.delete("10.0.0.1");
  await until("the one with a token has fenced it", () => power.asked.length === 1);
  expect(said.filter((line) => line.startsWith("db-2: ")).join("\n")).toMatch(/fencing is off/);
});

test("the leader itself probes nobody, and whoever leads next is watched", async () => {
  start("db-1");
  await until("it knows", leads("db-1"));
  alive.clear();
  await store.put(patroniKeys.leader, "db-2");
  await until("it watches the next one", hasSaid(/^db-1: Patroni's leader is db-2$/));
  await until("it does not see it", () => store.keysBelow(fenceKeys.blind).length === 1);
  expect(store.keysBelow(fenceKeys.blind)).toEqual([fenceKeys.blindTo("db-2", "db-1")]);
});

test("a leader of whom the topology document does not know is not probed, until it does", async () => {
  machines.delete("db-1");
  start("db-2");
  await until("it says so", hasSaid(/of which the topology document does not know/));
  const from = looks;
  // Longer than any silence that is borne, in probes.
  await until("it has looked often", () => looks > from + 30);
  expect(store.keysBelow(fenceKeys.blind)).toEqual([]);
  alive.clear();
  machines.set("db-1", { address: "10.0.0.1", id: null });
  await until("it is probed", () => store.keysBelow(fenceKeys.blind).length === 1);
});
