import { rmdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keys, type Topology, topologySchema } from "../../agents/documents.ts";
import { follow, nextPoll, parseDocument } from "../../agents/follow.ts";
import type { Bucket } from "../../agents/s3.ts";
import { BucketServer } from "./support/bucketServer.ts";

let server: BucketServer;
let bucket: Bucket;
let folder: string;

beforeEach(async () => {
  server = new BucketServer();
  bucket = await server.listen();
  folder = await mkdtemp(join(tmpdir(), "quickcart-follow-"));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const topology = (...names: string[]): Topology => ({
  version: 1, stack: "local",
  machines: names.map((name, index) => ({ name, tier: "app", privateAddress: `10.10.0.${index + 2}`, publicAddress: null })),
});
const publish = (document: unknown): void => server.put(keys.topology, JSON.stringify(document));
const namesOf = (document: Topology): string => document.machines.map((machine) => machine.name).join(",");

/** Follows for as many polls as there are steps; a step runs while the agent waits for its next poll. */
async function followThrough(steps: (() => void)[], refuse: (document: Topology) => boolean = () => false, quietPollMs?: number): Promise<{ applied: string[]; log: string[]; waits: number[] }> {
  const applied: string[] = [];
  const log: string[] = [];
  const waits: number[] = [];
  const stop = new AbortController();
  const left = [...steps];
  await follow({
    bucket, key: keys.topology, cachePath: join(folder, "topology.json"), schema: topologySchema, signal: stop.signal,
    ...quietPollMs === undefined ? {} : { quietPollMs },
    log: (line) => void log.push(line.replaceAll(/etag "\w+"/g, "etag E").replaceAll(/127\.0\.0\.1:\d+/g, "STORAGE")),
    async apply(document) {
      applied.push(`${refuse(document) ? "failed " : ""}${namesOf(document)}`);
      if (refuse(document)) throw new Error("no room");
    },
    async wait(ms) {
      waits.push(ms);
      const step = left.shift();
      if (step === undefined) stop.abort(); else step();
    },
  });
  return { applied, log, waits };
}

const nothing = (): void => undefined;

test("applies each new document once", async () => {
  publish(topology("app-1"));
  const { applied } = await followThrough([nothing, nothing, () => publish(topology("app-1", "app-2")), nothing]);
  expect(applied).toEqual(["app-1", "app-1,app-2"]);
  expect(server.seen.map((request) => request.ifNoneMatch === null)).toEqual([true, false, false, false, false]);
});

test("follows a newer program, which knows more tiers and says more about each machine", async () => {
  const [machine] = topology("db-1").machines;
  publish({ ...topology(), machines: [{ ...machine, tier: "db", zone: "a" }] });
  expect((await followThrough([])).applied).toEqual(["db-1"]);
});

test("boots with the last known good while storage is away, and says so once", async () => {
  publish(topology("app-1"));
  await followThrough([]);
  server.failure = "hang up";
  const { applied, log, waits } = await followThrough([nothing, nothing, () => { server.failure = null; }, nothing]);
  expect(applied).toEqual(["app-1", "app-1"]);
  expect(log).toEqual([
    "topology/base.json is in force",
    "cannot follow topology/base.json, the last known good stays in force: GET http://STORAGE/topology/base.json: fetch failed: other side closed",
    "topology/base.json can be read again",
    "topology/base.json fetched, etag E",
  ]);
  expect(waits[2]).toBeGreaterThan(4 * 2_000);
  expect(waits.at(-1)).toBeLessThan(2_500);
});

test.each([
  ["is no JSON", "{", "Expected property name"],
  ["has another version", JSON.stringify({ ...topology("app-1"), version: 2 }), "version: Invalid input: expected 1"],
  ["names one address twice", JSON.stringify({ ...topology(), machines: ["app-1", "app-2"].map((name) => ({ name, tier: "app", privateAddress: "10.10.0.2", publicAddress: null })) }),
    "machines: two machines have the privateAddress 10.10.0.2"],
  ["would break out of a file", JSON.stringify({ ...topology(), machines: [{ name: "a\n1.2.3.4 evil", tier: "app", privateAddress: "10.10.0.2", publicAddress: null }] }), "machines.0.name"],
])("keeps the old document when the new one %s", async (_, body, why) => {
  publish(topology("app-1"));
  const { applied, log } = await followThrough([() => server.put(keys.topology, body), nothing, nothing]);
  expect(applied).toEqual(["app-1"]);
  expect(log.filter((line) => line.includes("is refused"))).toEqual([expect.stringContaining(why)]);
  expect(await readFile(join(folder, "topology.json"), "utf8")).toBe(JSON.stringify(topology("app-1")));
});

test("a document that the full disk could not keep is kept once there is room, though it has not changed since", async () => {
  publish(topology("app-1"));
  await mkdir(join(folder, "topology.json.part"));
  const { applied, log } = await followThrough([nothing, () => void rmdirSync(join(folder, "topology.json.part")), nothing]);
  expect(applied).toEqual(["app-1"]);
  expect(log.filter((line) => line.startsWith("cannot"))).toEqual([expect.stringMatching(/^cannot keep .*topology\.json for the next boot, trying again: /)]);
  expect(await readFile(join(folder, "topology.json"), "utf8")).toBe(JSON.stringify(topology("app-1")));
});

test("ignores a kept document that is damaged", async () => {
  await writeFile(join(folder, "topology.json"), "{\"version\":");
  publish(topology("app-1"));
  const { applied, log } = await followThrough([]);
  expect(applied).toEqual(["app-1"]);
  expect(log[0]).toMatch(/topology\.json is unusable and ignored: /);
});

test("tries a document that could not be applied again, ever more seldom; a new one at once", async () => {
  publish(topology("app-1"));
  const steps = [nothing, nothing, nothing, nothing, nothing, nothing, () => publish(topology("app-2"))];
  const { applied, log } = await followThrough(steps, (document) => namesOf(document) === "app-1");
  expect(applied).toEqual(["failed app-1", "failed app-1", "failed app-1", "app-2"]);
  expect(log.filter((line) => line.startsWith("cannot apply"))).toEqual(["cannot apply topology/base.json, trying again: no room"]);
});

test.each([
  { failures: 0, random: 0, ms: 1_500 },
  { failures: 0, random: 1, ms: 2_500 },
  { failures: 1, random: 0.5, ms: 4_000 },
  { failures: 3, random: 0.5, ms: 16_000 },
  { failures: 4, random: 0.5, ms: 30_000 },
  { failures: 50, random: 1, ms: 37_500 },
])("after $failures failures polls in $ms ms", ({ failures, random, ms }) => {
  expect(nextPoll(failures, random)).toBe(ms);
});

test("asks less often once nothing has changed for a minute, and often again after a change", async () => {
  publish(topology("app-1"));
  const quiet = Array.from({ length: 31 }, () => nothing);
  const { waits } = await followThrough([...quiet, () => publish(topology("app-2")), nothing], undefined, 20_000);
  const isQuiet = waits.map((ms) => ms > 10_000);
  expect(isQuiet).toEqual([...Array.from({ length: 30 }, () => false), true, true, false, false]);
});

test("asks as often as ever while it cannot put in force what it was told", async () => {
  publish(topology("app-1"));
  const { waits } = await followThrough(Array.from({ length: 40 }, () => nothing), () => true, 20_000);
  expect(Math.max(...waits)).toBeLessThan(10_000);
});

test("names every field that is wrong", () => {
  expect(() => parseDocument(topologySchema, '{"version":1,"stack":"","machines":[{"name":"App"}]}'))
    .toThrow(/stack: .*; machines\.0\.name: .*; machines\.0\.tier: .*; machines\.0\.privateAddress: /);
});
