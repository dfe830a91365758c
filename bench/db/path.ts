import { z } from "zod";
import { ports } from "../../components/ports.ts";
import { endpoints } from "../../components/rendering/databaseWay.ts";
import { runTarget, UserError } from "../../make/steps.ts";
import { waitFor } from "../../make/wait.ts";
import { address, droplets, onOk } from "../../tests/drills/cloud.ts";
import { databaseServes, members, patroni, sql } from "../../tests/drills/database.ts";
import type { DrillContext } from "../../tests/drills/drill.ts";
import { perform, table as rowTable } from "../../tests/drills/perform.ts";
import { busyShare } from "../lb/busy.ts";
import { table } from "../lb/report.ts";
import { writeResult } from "../result.ts";
import { rounds } from "../statistics.ts";
import { argumentsOf, pgbench, turnOf, type Way } from "./pgbench.ts";
import { type Comparison, compare, loads, type Turns, type WayName, ways } from "./ways.ts";

/** What it costs the app to find the database through HAProxy and PgBouncer: see `measures` in ../list.ts. */

const sabotaged = process.argv.includes("--sabotage");
const machine = "app-1";
const minute = 60_000;

const number = (usual: number) => z.coerce.number().int().min(1).default(usual);
/** For a trial run: `BENCH_SCALE=5 BENCH_SECONDS=3 BENCH_ROUNDS=1 make bench NAME=db-path`. */
const { BENCH_SCALE: scale, BENCH_SECONDS: seconds, BENCH_ROUNDS: measured, BENCH_CONNECTIONS: connections } = z.object({
  /** Hundred thousand accounts each, 15 MB. */
  BENCH_SCALE: number(100), BENCH_SECONDS: number(10), BENCH_ROUNDS: number(5),
  /** That the primary gives while it is measured: 64, and what others have. */
  BENCH_CONNECTIONS: number(120),
}).parse(process.env);

/** As a program of that app server finds it in its environment. */
async function userOf(file: string, variable: string): Promise<Pick<Way, "user" | "password">> {
  const value = new RegExp(`^${variable}=(.+)$`, "m").exec(await onOk(machine, ["cat", file]))?.[1];
  if (value === undefined) throw new Error(`${machine}: ${file} has no ${variable}`);
  const { username, password } = new URL(value);
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

async function addressOf(name: string): Promise<string> {
  const found = (await droplets()).find((one) => one.name === name);
  const own = found && address(found, "private");
  if (own === undefined) throw new Error(`${name} has no private address`);
  return own;
}

/** What PostgreSQL takes at its start only: a standby must have at least as many as the primary at all times. */
async function setConnections(count: number): Promise<void> {
  const primary = await databaseServes();
  const before = Number(await sql(primary, "SHOW max_connections"));
  if (before === count) return;
  await patroni(primary, "edit-config", "--force", "--quiet", "--pg", `max_connections=${count}`);
  const standbys = (await members()).map(({ name }) => name).filter((name) => name !== primary);
  for (const name of count > before ? [...standbys, primary] : [primary, ...standbys]) {
    await waitFor(async () => (await members()).some((one) => one.name === name && one.wantsRestart) ? true : undefined, { what: `${name} to want a restart`, limitMs: minute, everyMs: 500 });
    // Otherwise a primary that does not come back at once would be replaced.
    await patroni(name, "restart", "quickcart", name, "--force", "--pending", "--timeout", "60");
    await databaseServes();
  }
  const after = Number(await sql(await databaseServes(), "SHOW max_connections"));
  if (after !== count) throw new Error(`max_connections of the primary is ${after}, not ${count}`);
}

/** pgbench's tables, as the owner of the schema, past PgBouncer. @param steps in pgbench's letters */
async function initialize(steps: string): Promise<void> {
  const owner: Way = { host: "127.0.0.1", port: endpoints.direct.port, ...await userOf("/etc/quickcart/migrate.env", "DIRECT_URL") };
  const { code, output } = await pgbench(machine, owner, ["--initialize", `--init-steps=${steps}`, `--scale=${scale}`, "--quiet"], 20 * minute);
  if (code !== 0) throw new Error(`pgbench --initialize failed: ${output.slice(-500)}`);
}

async function measure({ say, restore }: DrillContext): Promise<Comparison[]> {
  const usual = Number(await sql(await databaseServes(), "SHOW max_connections"));
  restore("max_connections", async () => setConnections(usual));
  if (usual < connections) {
    say(`max_connections from ${usual} to ${connections}, or 64 clients would not be let in`);
    await setConnections(connections);
  }
  restore("pgbench's tables", async () => initialize("d"));
  say(`${(scale * 100_000).toLocaleString("en")} accounts`);
  await initialize("dtGvp");
  const primary = await databaseServes();
  await sql(primary, "CHECKPOINT");

  const app = await userOf("/etc/quickcart/app.env", "DATABASE_URL");
  const way: Record<WayName, Way> = {
    straight: { ...app, host: await addressOf(primary), port: ports.postgres.from },
    through: { ...app, host: "127.0.0.1", port: endpoints.write.port },
  };
  const comparisons: Comparison[] = [];
  for (const load of loads) {
    const turns: Turns = { straight: [], through: [] };
    for (const { round, item } of rounds(1 + measured, ways)) {
      const turn = turnOf(await pgbench(machine, way[item], argumentsOf(load, { seconds, reconnect: sabotaged && item === "through" }), seconds * 1000 + 3 * minute));
      // The first round is for caches to fill.
      if (round > 0) turns[item].push(turn);
    }
    const comparison = compare(load, turns);
    comparisons.push(comparison);
    say(`${comparison.what}: ${comparison.straight} straight, ${comparison.through} through`);
  }
  return comparisons;
}

function show(comparisons: readonly Comparison[]): string[] {
  return table([
    ["transactions a second", "straight", "through", "through/straight", "half of all", "promised", ""],
    ...comparisons.map(({ what, straight, through, ratio, least, holds }) => [
      what, straight.toLocaleString("en"), through.toLocaleString("en"), ratio?.median.toFixed(2) ?? "-", ratio === null ? "-" : `${ratio.from.toFixed(2)}-${ratio.to.toFixed(2)}`,
      least === 1 ? "more" : `>= ${least}`, holds ? "ok" : "NO",
    ]),
  ]);
}

await runTarget(async () => {
  const othersPercent = Math.round(100 * await busyShare(2_000));
  let comparisons: Comparison[] = [];
  const { ok, rows, error } = await perform({
    name: "db-path", promise: "", minutes: 30, suite: "nightly", where: "host", sabotage: "",
    async run(context) {
      comparisons = await measure(context);
      for (const { what, holds, ratio, through } of comparisons) context.holds(what, holds, ratio === null ? `${through} beside none` : `${ratio.median} of straight`);
    },
  }, sabotaged, (line) => { process.stdout.write(`${line}\n`); });
  process.stdout.write(["", ...show(comparisons), "", ...comparisons.flatMap(({ what, refused }) => Object.entries(refused).map(([name, why]) => `${what}, ${name}, counts as 0: ${why}`)), ""].join("\n"));
  if (!sabotaged && comparisons.length === loads.length) writeResult("db-path", { scale, seconds, rounds: measured, connections, othersPercent, comparisons });
  if (error !== undefined) throw new UserError(error);
  if (!ok) throw new UserError(["the way through HAProxy and PgBouncer costs more than it should", ...rowTable(rows)].join("\n"));
});
