import type { Probe } from "../../../agents/fence/probe.ts";
import { patienceMs, probeIntervalMs, Sentry, type Sight } from "../../../agents/fence/sentry.ts";
import { until } from "../support/until.ts";

const silent: Probe = () => new Promise(() => undefined);
const answering: Probe = () => Promise.resolve(true);
/** Accepts connections, and nothing more. */
const mute: Probe = (onReached) => {
  onReached();
  return new Promise(() => undefined);
};

let sights: Sight[];
let stop: AbortController;
let running: Promise<void>;

function start(...probes: Probe[]): Sentry {
  sights = [];
  stop = new AbortController();
  const sentry = new Sentry({ onTick: (sight) => sights.push(sight), intervalMs: 1 });
  sentry.watch({ name: "db-1", probes });
  running = sentry.run(stop.signal);
  return sentry;
}
afterEach(async () => {
  stop.abort();
  await running;
});
const saidAt = (words: RegExp): number => sights.findIndex(({ silence }) => silence !== null && words.test(silence));

test.each<[string, Probe[], RegExp | null, number]>([
  ["silent in every way", [silent], /^silent for 3200 ms$/, patienceMs.unreachable],
  ["accepting connections, in one way", [silent, mute, silent], /^silent for \d+ ms, though it accepts connections$/, patienceMs.mute],
  ["answering in one way of three", [silent, silent, answering], null, 0],
])("a machine that is %s", async (_, probes, words, afterMs) => {
  start(...probes);
  const enough = patienceMs.mute / probeIntervalMs + 10;
  await until("it has been probed for longer than any patience", () => sights.length > enough);
  if (words === null) return expect(sights.filter(({ silence, blind }) => silence !== null || blind)).toEqual([]);
  // The oldest probe has waited for so long, and the one after it is launched.
  expect(saidAt(words)).toBe(afterMs / probeIntervalMs);
  expect(sights.findIndex(({ blind }) => blind)).toBe(2_000 / probeIntervalMs);
});

test("what answers late answers all the same, and an answer to an earlier question about another machine says nothing", async () => {
  let answer: (answered: boolean) => void = () => undefined;
  const sentry = start((onReached) => {
    onReached();
    return new Promise((resolve) => { answer = resolve; });
  });
  await until("it is blind", () => sights.at(-1)?.blind === true);
  answer(true);
  await until("it sees again", () => sights.at(-1)?.blind === false);
  const late = answer;
  sentry.watch({ name: "db-2", probes: [silent] });
  await until("the other one is probed", () => sights.filter(({ watched }) => watched === "db-2").length === 12);
  late(true);
  await until("it is silent", () => sights.at(-1)?.silence === "silent for 3200 ms");
  const ofIt = sights.filter(({ watched }) => watched === "db-2");
  expect(ofIt.findIndex(({ silence }) => silence !== null)).toBe(patienceMs.unreachable / probeIntervalMs);
});
