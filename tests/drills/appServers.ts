import { waitFor } from "../../make/wait.ts";
import { droplets, onOk } from "./cloud.ts";
import type { DrillContext } from "./drill.ts";
import { type Line, linesOf, wasSentTo } from "./accessLog.ts";
import { names, powerOn, scene, type Scene, stopAgents } from "./loadBalancers.ts";
import { isIn, PoolWatch } from "./poolWatch.ts";
import type { Failure } from "./visitors/messages.ts";
import { slowAnswerMs } from "./visitors/mix.ts";
import { executionOf } from "./visitors/orders.ts";
import type { Visitors } from "./visitors/visitors.ts";

/** What the drills of the app servers have in common. */

export async function appServers(): Promise<string[]> {
  return (await droplets()).map(({ name }) => name).filter((name) => /^app-\d+$/.test(name)).sort();
}

/** Waits until every app server is in the pool of every load balancer that is watched. */
export async function allInPool(pools: readonly PoolWatch[], limitMs = 90_000): Promise<void> {
  const servers = await appServers();
  await waitFor(async () => {
    for (const pool of pools) {
      const sight = await pool.latest();
      const missing = servers.filter((server) => !isIn(server, sight));
      if (missing.length > 0) throw new Error(`${pool.name} lacks ${missing.join(", ")}: ${JSON.stringify(sight.states)}`);
    }
    return true;
  }, { what: "every app server to be in every pool", limitMs, everyMs: 200 });
}

/** Looks once, at load balancers that may have been restarted meanwhile. */
export async function fleetServes(limitMs?: number): Promise<void> {
  const pools = names.map((name) => new PoolWatch(name));
  try {
    await allInPool(pools, limitMs);
  } finally {
    await Promise.all(pools.map(async (pool) => pool.end()));
  }
}

/** The scene of the load balancers, with all app servers in their pools before and after the drill. */
export async function fleetScene(context: DrillContext): Promise<Scene> {
  const stage = await scene(context);
  await fleetServes();
  context.restore("the app servers", async () => {
    await powerOn();
    await fleetServes();
  });
  return stage;
}

/** Load balancers that no longer look at the machines' health: for them all stays as it is, whatever happens. */
export async function ignoreHealth(context: DrillContext, machines: readonly string[]): Promise<void> {
  // They would see to it that checks go on.
  await stopAgents(context);
  for (const name of names) {
    const watch = new PoolWatch(name);
    const servers = Object.keys((await watch.latest()).states).filter((server) => machines.some((machine) => server.startsWith(`${machine}:`)));
    await watch.end();
    const tell = async (verb: "enable" | "disable"): Promise<void> => {
      const saying = new PoolWatch(name, servers.map((server) => `${verb} health app/${server}`));
      await saying.latest();
      await saying.end();
    };
    context.restore(`${name}'s health checks`, async () => tell("enable"));
    await tell("disable");
  }
}

export interface Loss {
  server: string;
  /** By `Date.now()`, before the first request that was with it. */
  wallClock: number;
  /** By `now()`: its last answer came then. */
  from: number;
  /** From when on nothing can have reached it. */
  at: number;
}

/**
 * The last moment at which a request could have reached the server: told by its last answer, because the command that takes
 * it away returns only when all is done. Answers come every few milliseconds.
 */
export function lossOf(server: string, visitors: Visitors, doneAt: number): Loss {
  const answersMs = 50;
  const last = Math.max(...visitors.parties.filter((party) => party.server === server).map(({ lastAt }) => lastAt));
  const at = Math.min(doneAt, last + answersMs);
  return { server, from: Math.min(doneAt, last), at, wallClock: Date.now() - (visitors.mark() - at) - slowAnswerMs };
}

const isGet = ({ kind }: Failure): boolean => kind !== "order";
const describe = (failures: readonly Failure[], since: number): string =>
  failures.slice(0, 3).map(({ kind, askedAt, at, error }) => `${kind} asked ${Math.round(askedAt - since)} ms after, failed ${Math.round(at - askedAt)} ms later: ${error}`).join("; ");

/** GETs of both load balancers' logs since then that were not answered with 200. @param since milliseconds since 1970 */
async function failedGets(since: number): Promise<Line[]> {
  const logs = await Promise.all(names.map(async (name) => await onOk(name, [
    "sh", "-c", `zcat --force /var/log/haproxy/access.log* | grep -F '"method":"GET"' | grep -vF '"status":200' || test $? = 1`,
  ])));
  return logs.flatMap(linesOf).filter(({ time }) => time * 1_000 >= since);
}

/**
 * What a failing server may cost: requests that had been sent to it before it was known to be gone, since nobody can say
 * whether they ran. Whatever had not been sent goes elsewhere.
 */
export async function reportLoss({ figure, say }: DrillContext, visitors: Visitors, { server, at, wallClock }: Loss, outAt: number): Promise<void> {
  const all = visitors.failures(at);
  const withIt = all.filter(({ askedAt }) => askedAt <= at);
  const afterwards = all.filter(({ askedAt }) => askedAt > at && askedAt <= outAt);
  const late = all.filter(({ askedAt }) => askedAt > outAt);
  figure("requests that failed because they were with it", withIt.length, "count");
  figure("GETs that failed, asked before it was known", afterwards.filter(isGet).length, "count");
  figure("orders that failed, asked before it was known", afterwards.filter((failure) => !isGet(failure)).length, "count");
  const elsewhere = (await failedGets(wallClock)).filter((line) => !wasSentTo(server, line));
  figure("GETs that failed although they had not been sent to it", elsewhere.length, "count", { max: 0 });
  figure("requests that failed once it was out of the pool", late.length, "count", { max: 0 });
  if (late.length > 0) say(describe(late, at));
  for (const line of elsewhere.slice(0, 3)) say(JSON.stringify(line));
}

/**
 * How the visitors fared in the end, and whether any order ran twice.
 * @param loses whether a power loss may have taken the last lines of a journal
 */
export async function reportOrders({ figure }: DrillContext, visitors: Visitors, { loses = false } = {}): Promise<void> {
  const report = await visitors.stop();
  const { executed, twice, missing } = await executionOf(report);
  figure("requests of the visitors", Object.values(report.counts).reduce((sum, { asked }) => sum + asked, 0), "count", { min: 1 });
  figure("orders executed", executed, "count", { min: 1 });
  figure("orders executed twice", twice.length, "count", { max: 0 });
  figure("orders answered with 200 that no journal knows of", missing.length, "count", loses ? {} : { max: 0 });
  figure("the visitors' own process was late by at most", report.lateMs / 1000, "s");
}

/** Every request counts. */
export function reportFailures({ figure, say }: DrillContext, visitors: Visitors, since: number): void {
  const failures = visitors.failures(since);
  figure("failed requests", failures.length, "count", { max: 0 });
  if (failures.length > 0) say(describe(failures, since));
}
