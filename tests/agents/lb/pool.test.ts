import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Topology } from "../../../agents/documents.ts";
import { runtimeApi } from "../../../agents/lb/haproxy.ts";
import { ServerPool } from "../../../agents/lb/pool.ts";
import { FakeHaproxy } from "./support/fakeHaproxy.ts";
import { until } from "../support/until.ts";

let folder: string;
let haproxy: FakeHaproxy;
let pool: ServerPool;
let log: string[];
const path = (name: string): string => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quickcart-pool-"));
  haproxy = new FakeHaproxy();
  await haproxy.listen(path("admin.sock"));
  pool = makePool();
});
afterEach(async () => {
  await haproxy.close();
  await rm(folder, { recursive: true });
});

function makePool(): ServerPool {
  log = [];
  return new ServerPool({
    ask: runtimeApi(path("admin.sock")), appPort: 3000, serverLinesPath: path("servers.cfg"), serversStatePath: path("servers.state"),
    log: (line) => void log.push(line), settleMs: 1,
  });
}

const topology = (...addresses: string[]): Topology => ({
  version: 1, stack: "local",
  machines: addresses.map((address, index) => ({ name: `app-${index + 1}`, tier: "app", privateAddress: address, publicAddress: null })),
});
const blue = "app-1:10.10.0.5:blue";
const green = "app-1:10.10.0.5:green";
const onlyBlue = (name: string): boolean => name.endsWith("blue");

async function serving(...addresses: string[]): Promise<void> {
  pool.want(topology(...addresses));
  await pool.settle();
  haproxy.check(onlyBlue);
  await pool.settle();
}

test("a server gets traffic only after its first check", async () => {
  pool.want(topology("10.10.0.5"));
  await pool.settle();
  expect([blue, green].map((name) => haproxy.find(name).admin)).toEqual([8, 8]);
  await pool.settle();
  expect(haproxy.find(blue).admin).toBe(8);
  haproxy.check(onlyBlue);
  await pool.settle();
  expect([blue, green].map((name) => [haproxy.find(name).admin, haproxy.find(name).op])).toEqual([[0, 2], [0, 0]]);
  const done = haproxy.commands.length;
  await pool.settle();
  expect(haproxy.commands).toHaveLength(done);
});

test("what HAProxy has is what it starts with, in a file that root reads", async () => {
  await serving("10.10.0.5");
  const lines = await readFile(path("servers.cfg"), "utf8");
  expect(lines.split("\n").map((line) => line.trim().split(" ").slice(0, 3).join(" "))).toEqual([
    `server ${blue} 10.10.0.5:3000`, `server ${green} 10.10.0.5:3001`, "",
  ]);
  expect(await readFile(path("servers.state"), "utf8")).toMatch(new RegExp(`^1\n# be_id[^]* ${blue} 10.10.0.5 2 0 [^]*self|self[^]* ${blue} 10.10.0.5 2 0 `));
  expect((await stat(path("servers.state"))).mode & 0o777).toBe(0o600);
});

test("a machine that is replaced serves until its successor does, then goes with all its requests answered", async () => {
  await serving("10.10.0.5");
  haproxy.find(blue).connections = 1;
  pool.want(topology("10.10.0.9"));
  await pool.settle();
  expect(haproxy.find(blue).admin).toBe(0);
  haproxy.check(onlyBlue);
  await pool.settle();
  await pool.settle();
  expect(haproxy.find(blue).admin).toBe(8);
  await pool.settle();
  expect(haproxy.names()).toContain(blue);
  haproxy.find(blue).connections = 0;
  await pool.settle();
  expect(haproxy.names()).toEqual(["app-1:10.10.0.9:blue", "app-1:10.10.0.9:green"]);
  expect(await readFile(path("servers.cfg"), "utf8")).not.toContain("10.10.0.5");
  expect(log.filter((line) => line.startsWith(`${blue}: `)).slice(2)).toEqual([
    `${blue}: gets nothing new, all servers of the document serve`, `${blue}: removed`,
  ]);
});

test("without a document nothing is changed, and what is kept stays", async () => {
  await serving("10.10.0.5");
  const kept = await readFile(path("servers.cfg"), "utf8");
  haproxy.servers.splice(0, 2);
  const later = makePool();
  const done = haproxy.commands.length;
  await later.settle();
  expect(haproxy.commands).toHaveLength(done);
  expect(await readFile(path("servers.cfg"), "utf8")).toBe(kept);
});

test("a document without app servers changes nothing, and says so", async () => {
  await serving("10.10.0.5");
  pool.want(topology());
  await pool.settle();
  expect(haproxy.names()).toEqual([blue, green]);
  expect(log.at(-1)).toBe("the topology document names no app server: HAProxy keeps those that it has");
});

test("a HAProxy that cannot do one thing is told the others, and its words are in the log", async () => {
  haproxy.refusals.set(`add server app/${blue}`, "Out of memory.");
  pool.want(topology("10.10.0.5"));
  await expect(pool.settle()).rejects.toThrow(`HAProxy on "add server app/${blue} 10.10.0.5:3000 check`);
  await expect(pool.settle()).rejects.toThrow("Out of memory.");
  expect(haproxy.names()).toEqual([green]);
  haproxy.refusals.clear();
  await pool.settle();
  expect(haproxy.names()).toEqual([green, blue]);
});

test("a HAProxy that was restarted with fewer servers gets the others, within its next look", async () => {
  await serving("10.10.0.5");
  const stop = new AbortController();
  const running = pool.run(stop.signal);
  await haproxy.close();
  await until("it is missed", () => log.some((line) => line.includes("HAProxy does not answer on")));
  haproxy = new FakeHaproxy();
  await haproxy.listen(path("admin.sock"));
  await until("it has its servers again", () => haproxy.names().length === 2);
  await until("that is said", () => log.at(-1) === "HAProxy has its servers");
  stop.abort();
  await running;
  expect(log.filter((line) => line.includes("HAProxy does not answer on"))).toHaveLength(1);
});

test("checks that a restart brought back standing still are set going", async () => {
  await serving("10.10.0.5");
  haproxy.find(blue).check = 2;
  await pool.settle();
  expect(haproxy.commands.slice(-2)).toEqual([`set server app/${blue} state drain`, `enable health app/${blue}`]);
  await pool.settle();
  expect(haproxy.find(blue)).toMatchObject({ admin: 0, check: 6 });
});

test("lines that are the same are not written again", async () => {
  await serving("10.10.0.5");
  const { ino } = await stat(path("servers.cfg"));
  await pool.settle();
  expect((await stat(path("servers.cfg"))).ino).toBe(ino);
  await writeFile(path("servers.cfg"), "half of a li");
  await pool.settle();
  expect(await readFile(path("servers.cfg"), "utf8")).toContain(green);
});
