/**
 * The drills' client, bundled to one file and run on an app server with the app's own environment: writes all the time to every
 * master, remembers what was acknowledged, and at the end looks whether it is there.
 */
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { type Cluster, Redis } from "ioredis";
import * as z from "zod";
import { Ballast } from "./ballast.ts";
import { accessFrom, clusterOf, nodeOptions } from "./connection.ts";
import { LaneTally } from "./lanes.ts";
import { type Done, type Kind, kinds, type Order, orderSchema, type Start, startSchema, type Tick, type Verdict } from "./messages.ts";
import { slotOf } from "./slot.ts";

const tickMs = 100;
/** For a replica's word. */
const waitMs = 500;
/** A write that hangs longer has failed, as a request of the site would have. */
const writeLimitMs = 10_000;
/** Writes on their way in a lane, beyond which no more are begun: they would only queue up. Without a replica each WAIT holds its connection. */
const mostAtOnce: Record<Kind, number> = { plain: 200, waited: 5 };
const readsAtOnce = 500;

const access = accessFrom(process.env);
const orders = createInterface({ input: process.stdin });
// The drill has ended, or was ended: nobody else would stop us.
orders.on("close", () => process.exit(0));
const start = await new Promise<Start>((resolve) => orders.once("line", (line) => resolve(z.object({ start: startSchema }).parse(JSON.parse(line)).start)));
const cluster = clusterOf(access);
const pinned = start.pinnedTo === null ? null : pin(start.pinnedTo);
/** WAIT holds up whatever comes after it on its connection, so ordinary writes have one of their own. */
const connections: Record<Kind, Pick<Cluster | Redis, "pipeline">> = {
  plain: pinned ?? cluster,
  waited: start.pinnedTo === null ? clusterOf(access) : pin(start.pinnedTo),
};

function pin(host: string): Redis {
  const connection = new Redis({ ...nodeOptions(access), host, port: access.seeds[0]?.port ?? 6379 });
  connection.on("error", () => undefined);
  return connection;
}

const tell = (message: Tick | Verdict | Done): void => { process.stdout.write(`${JSON.stringify(message)}\n`); };

const slotsSchema = z.array(z.tuple([z.number(), z.number(), z.tuple([z.string()]).rest(z.unknown())]).rest(z.unknown()));

interface LaneOf {
  readonly tally: LaneTally;
  readonly owns: (slot: number) => boolean;
  readonly inFlight: Record<Kind, number>;
}

async function findLanes(): Promise<LaneOf[]> {
  const now = performance.now();
  const ranges = slotsSchema.parse(await (pinned ?? cluster).cluster("SLOTS"));
  const masters = [...new Set(ranges.map(([, , [host]]) => host))].filter((host) => start.pinnedTo === null || host === start.pinnedTo).sort();
  return masters.map((master) => ({
    tally: new LaneTally(master, now), inFlight: { plain: 0, waited: 0 },
    owns: (slot) => ranges.some(([from, to, [host]]) => host === master && from <= slot && slot <= to),
  }));
}

/** The next key whose slot is of that lane. */
let number = 0;
function keyFor(lane: LaneOf, kind: Kind): string {
  for (;;) {
    const key = `drill:${start.run}:${kind}:${number++}`;
    if (lane.owns(slotOf(key))) return key;
  }
}

async function write(lane: LaneOf, kind: Kind): Promise<void> {
  const key = keyFor(lane, kind);
  const value = `${key}=${process.pid}`;
  lane.inFlight[kind] += 1;
  const limit = new AbortController();
  try {
    // In one pipeline, so on one connection: WAIT speaks of the writes that came before it there.
    const pipeline = connections[kind].pipeline().set(key, value, "EX", 3_600);
    if (kind === "waited") pipeline.call("WAIT", start.pretend ? "0" : "1", String(waitMs));
    const replies = await Promise.race([
      pipeline.exec(),
      pause(writeLimitMs, null, { signal: limit.signal }).then(() => { throw new Error(`no answer in ${writeLimitMs / 1000} s`); }),
    ]);
    const [set, waited] = replies ?? [];
    const error = set?.[0] ?? waited?.[0];
    if (error) throw error;
    if (kind === "waited" && !start.pretend && waited?.[1] !== 1) throw new Error("no replica has it");
    lane.tally.written(kind, { key, value }, performance.now());
  } catch (error) {
    lane.tally.failed(error instanceof Error ? error.message : String(error));
  } finally {
    limit.abort();
    lane.inFlight[kind] -= 1;
  }
}

async function verify(lanes: readonly LaneOf[]): Promise<Verdict> {
  const count = async (kind: Kind): Promise<{ acknowledged: number; lost: number }> => {
    const all = lanes.flatMap(({ tally }) => tally.acknowledged[kind]);
    let lost = 0;
    for (let at = 0; at < all.length; at += readsAtOnce) {
      const values = await Promise.all(all.slice(at, at + readsAtOnce).map(async ({ key, value }) => (await cluster.get(key)) === value));
      lost += values.filter((held) => !held).length;
    }
    return { acknowledged: all.length, lost };
  };
  return { type: "verdict", plain: await count("plain"), waited: await count("waited") };
}

await new Promise<void>((resolve) => cluster.once("ready", resolve));
const lanes = await findLanes();
let lateMs = 0;
let writing = true;
const tick = (): void => tell({ type: "tick", lanes: lanes.map(({ tally }) => tally.look(performance.now())), lateMs });
const ticking = setInterval(tick, tickMs);

const ballast = new Ballast(cluster);
/** Whoever hears that it is done knows what has become of the lanes by then. */
function done(count: number): void {
  tick();
  tell({ type: "done", count });
}

async function obey(order: Order): Promise<void> {
  switch (order.do) {
    case "start": throw new Error("started twice");
    case "reset":
      for (const { tally } of lanes) tally.reset(performance.now());
      lateMs = 0;
      return;
    case "stop":
      writing = false;
      return;
    case "verify": return tell(await verify(lanes));
    case "fill": {
      const lane = lanes.find(({ tally }) => tally.master === order.master);
      if (lane === undefined) throw new Error(`${order.master} had no slots when the client started`);
      const refused = await ballast.fill(() => keyFor(lane, "plain"), order.bytes);
      if (refused !== null) lane.tally.failed(refused);
      return done(ballast.count);
    }
    case "read": return done(await ballast.missing());
    case "empty": return done(await ballast.empty());
    default: return order satisfies never;
  }
}
orders.on("line", (line) => void obey(orderSchema.parse(JSON.parse(line))));

for (let next = performance.now(); ; next += start.everyMs) {
  const early = next - performance.now();
  await pause(Math.max(early, 0));
  lateMs = Math.max(lateMs, performance.now() - next);
  if (!writing) {
    clearInterval(ticking);
    await pause(tickMs);
    continue;
  }
  // What a stall of this process has left undone is not made up for.
  if (early < -10 * start.everyMs) next = performance.now();
  for (const lane of lanes) {
    for (const kind of kinds) if (lane.inFlight[kind] < mostAtOnce[kind]) void write(lane, kind);
  }
}
