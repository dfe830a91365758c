import { setTimeout as pause } from "node:timers/promises";
import { parse } from "yaml";
import { z } from "zod";
import { tell } from "../../localcloud/client.ts";
import { runTarget, UserError } from "../../make/steps.ts";
import { waitFor } from "../../make/wait.ts";
import { actionsTake } from "../../tests/drills/actionTime.ts";
import { onOk } from "../../tests/drills/cloud.ts";
import { allowFence, databaseScene, databaseServes, members, patroni, primaryNow, reportWrites, type Scene } from "../../tests/drills/database.ts";
import type { DrillContext } from "../../tests/drills/drill.ts";
import { powerOn } from "../../tests/drills/loadBalancers.ts";
import { perform, table as rowTable } from "../../tests/drills/perform.ts";
import type { Behind } from "../../tests/drills/writer/verdict.ts";
import { busyShare } from "../lb/busy.ts";
import { table } from "../lb/report.ts";
import { writeResult } from "../result.ts";
import { rounds } from "../statistics.ts";
import { asItComes, broken, type Gap, type Name, names, type Pace, type Result, resultOf } from "./variants.ts";

/** How long nobody can write when the primary loses power: see `measures` in ../list.ts. */

const sabotaged = process.argv.includes("--sabotage");
const promisedSeconds = 5;
const actionSeconds = 1;

/** For a trial run: `BENCH_TIMES=1 make bench NAME=db-failover`. */
const { BENCH_TIMES: times } = z.object({ BENCH_TIMES: z.coerce.number().int().min(1).max(20).default(5) }).parse(process.env);

const paceSchema = z.object({ ttl: z.number(), loop_wait: z.number(), retry_timeout: z.number() });

async function paceNow(): Promise<Pace> {
  return paceSchema.parse(parse(await patroni(await primaryNow(), "show-config")));
}

/** Until every member goes by it: the leader's key has the new ttl, and each one's loop has come round at the old pace. */
async function setPace(pace: Pace, previous: Pace): Promise<void> {
  const primary = await primaryNow();
  await patroni(primary, "edit-config", "--force", "--quiet", ...Object.entries(pace).flatMap(([name, seconds]) => ["--set", `${name}=${String(seconds)}`]));
  await waitFor(async () => {
    const granted = await leaderTtl(primary);
    if (granted === pace.ttl) return true;
    throw new Error(`it is ${granted} s`);
  }, { what: `a leader's key of ${pace.ttl} s`, limitMs: 60_000, everyMs: 1_000 });
  await pause(Math.max(pace.loop_wait, previous.loop_wait) * 1000);
}

const etcdctl = "etcdctl --cacert /etc/quickcart/db/authority.crt --cert /etc/quickcart/db/db.crt --key /etc/quickcart/db/db.key --endpoints https://localhost:2379";

/** As etcd granted it, in seconds. */
async function leaderTtl(machine: string): Promise<number> {
  const fields = await onOk(machine, ["sh", "-ec", `${etcdctl} get /service/quickcart/leader --write-out=fields`]);
  const lease = /^"Lease" : (\d+)$/m.exec(fields)?.[1];
  if (lease === undefined) throw new Error(`the leader's key has no lease: ${fields.slice(0, 300)}`);
  const said = await onOk(machine, ["sh", "-ec", `${etcdctl} lease timetolive ${BigInt(lease).toString(16)}`]);
  return Number(/granted with TTL\((\d+)s\)/.exec(said)?.[1]);
}

async function fences(verb: "start" | "stop"): Promise<void> {
  for (const { name } of await members()) await onOk(name, ["systemctl", verb, "quickcart-fence"]);
}

/** Until all is as before it. */
async function losePrimary({ writer }: Scene, fenced: boolean): Promise<{ gap: Gap; behind: Behind }> {
  const primary = await databaseServes();
  await allowFence();
  if (!fenced) await fences("stop");
  // Anywhere in Patroni's rounds.
  await pause(Math.random() * asItComes.loop_wait * 1000);
  const from = writer.mark();
  await tell("power", { machine: primary, change: "loss" });
  await writer.answering({ since: from, limitMs: 180_000 });
  const seconds = (of: "local" | "on" | "read"): number => writer.worstGapMs(of, from) / 1000;
  const gap = { local: seconds("local"), on: seconds("on"), read: seconds("read") };
  const behind = { from, to: writer.mark() };
  if (!fenced) {
    await powerOn();
    // They also see to it that etcd is led from elsewhere.
    await waitFor(async () => { await fences("start"); return true; }, { what: `the fences to run again, that of ${primary} after its boot`, limitMs: 120_000, everyMs: 2_000 });
  }
  await databaseServes(240_000);
  return { gap, behind };
}

async function measure(context: DrillContext): Promise<Result[]> {
  const { say, restore } = context;
  await databaseServes();
  const ours = await paceNow();
  await actionsTake(actionSeconds, context);
  const scene = await databaseScene(context);
  restore("Patroni's pace", async () => setPace(ours, asItComes));
  restore("the fences", async () => { await powerOn(); await fences("start"); });

  const gaps: Record<Name, Gap[]> = { "as it comes": [], tuned: [], fenced: [] };
  const behinds: Behind[] = [];
  let pace = ours;
  for (const { round, item } of rounds(times, names)) {
    const wanted = item === "as it comes" ? asItComes : ours;
    if (wanted !== pace) await setPace(wanted, pace);
    pace = wanted;
    const { gap, behind } = await losePrimary(scene, item === "fenced" && !sabotaged);
    gaps[item].push(gap);
    behinds.push(behind);
    say(`${round + 1} of ${times}, ${item}: ${gap.local.toFixed(2)} s without writes`);
  }
  const results = names.map((name) => resultOf(name, name === "as it comes" ? asItComes : ours, gaps[name]));
  await reportWrites(context, scene.writer, behinds);
  return results;
}

function show(results: readonly Result[]): string[] {
  const seconds = (value: number): string => value.toFixed(2);
  return table([
    ["power loss of the primary, seconds without", "ttl", "loop", "writes: median", "worst", "on: median", "worst", "reads: worst"],
    ...results.map(({ name, ttl, loop_wait, median, worst }) =>
      [name, String(ttl), String(loop_wait), seconds(median.local), seconds(worst.local), seconds(median.on), seconds(worst.on), seconds(worst.read)]),
  ]);
}

await runTarget(async () => {
  const othersPercent = Math.round(100 * await busyShare(2_000));
  let results: Result[] = [];
  const { ok, rows, error } = await perform({
    name: "db-failover", promise: "", minutes: 10 + 6 * times, suite: "nightly", where: "host", sabotage: "",
    async run(context) { results = await measure(context); },
  }, sabotaged, (line) => { process.stdout.write(`${line}\n`); });
  process.stdout.write(["", ...show(results), "", ...rowTable(rows), ""].join("\n"));
  if (!sabotaged && results.length > 0) writeResult("db-failover", { times, actionSeconds, othersPercent, results });
  if (error !== undefined) throw new UserError(error);
  const all = [...broken(results, promisedSeconds, actionSeconds), ...ok ? [] : ["writes were lost that nothing explains; see above"]];
  if (all.length > 0) throw new UserError(all.join("\n"));
});
