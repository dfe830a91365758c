import { z } from "zod";
import { tell } from "../../localcloud/client.ts";
import { waitFor } from "../../make/wait.ts";
import { api, droplets, on, onOk } from "./cloud.ts";
import type { DrillContext } from "./drill.ts";
import { powerOn } from "./loadBalancers.ts";
import { table } from "./writer/messages.ts";
import { type Behind, unexplained } from "./writer/verdict.ts";
import { startWriter, type Report, type Writer } from "./writer/writer.ts";

/** What the drills of the database have in common. */

const patronictl = ["patronictl", "-c", "/etc/patroni/config.yml"];

const tls = { authority: "/etc/quickcart/db/authority.crt", certificate: "/etc/quickcart/db/db.crt", key: "/etc/quickcart/db/db.key" };
/** Asks Patroni itself: `patronictl` takes half a second of a processor each time, next to what a drill measures. */
const rest = (path: string, ...options: string[]): string[] =>
  ["curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "60", "--cacert", tls.authority, "--cert", tls.certificate, "--key", tls.key, ...options, `https://localhost:8008/${path}`];

/** As Patroni's `/cluster` says. */
const memberSchema = z.object({ name: z.string(), role: z.string(), state: z.string(), pending_restart: z.boolean().optional() })
  .transform(({ name, role, state, pending_restart: wantsRestart = false }) => ({ name, role, state, wantsRestart }));
export type Member = z.infer<typeof memberSchema>;

const fenceSchema = z.object({
  enabled: z.boolean(),
  fencing: z.unknown(),
  past: z.array(z.object({ machine: z.string(), by: z.string() })),
  off: z.array(z.object({ machine: z.string() })),
});

/** One that boots, stands still or sees nobody does not answer in this time. */
const answerMs = 10_000;
let answeredLast = "";

/** What the command says on a database machine that has power and answers: the one that did so last is asked first. */
async function onAny(argv: string[]): Promise<string> {
  const { machines } = await tell("status", {});
  const names = machines.filter(({ name, running }) => running && name.startsWith("db-")).map(({ name }) => name)
    .sort((one, other) => Number(other === answeredLast) - Number(one === answeredLast));
  const failures: string[] = [];
  for (const name of names) {
    try {
      const said = await onOk(name, argv, answerMs);
      answeredLast = name;
      return said;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(failures.join("; ") || "no database machine has power");
}

export async function patroni(machine: string, ...args: string[]): Promise<string> {
  return await onOk(machine, [...patronictl, ...args]);
}

/** Answers once the candidate leads. */
export async function switchover(leader: string, candidate: string): Promise<void> {
  await onOk(leader, rest("switchover", "--json", JSON.stringify({ leader, candidate })));
}

export async function members(): Promise<Member[]> {
  return z.object({ members: z.array(memberSchema) }).parse(JSON.parse(await onAny(rest("cluster")))).members;
}

export async function fenceStatus(): Promise<z.infer<typeof fenceSchema>> {
  return fenceSchema.parse(JSON.parse(await onAny(["quickcart-fence", "status"])));
}

/** Earlier drills' fences would limit this one's. */
export async function allowFence(): Promise<void> {
  await onAny(["quickcart-fence", "allow"]);
}

/** Which member leads etcd. */
export async function etcdLeader(): Promise<string> {
  const access = `--cacert ${tls.authority} --cert ${tls.certificate} --key ${tls.key}`;
  const output = await onAny(["sh", "-ec", `etcdctl ${access} --endpoints https://localhost:2379 endpoint status --cluster --write-out json || true`]);
  const statuses = z.array(z.object({ Endpoint: z.string(), Status: z.object({ header: z.object({ member_id: z.number() }), leader: z.number() }) })).parse(JSON.parse(lastJson(output)));
  const leader = statuses.find(({ Status: { header, leader: id } }) => header.member_id === id);
  if (leader === undefined) throw new Error(`etcd has no leader: ${output.slice(0, 300)}`);
  return new URL(leader.Endpoint).hostname;
}

/** etcdctl says of members that do not answer on lines before. */
const lastJson = (output: string): string => output.split("\n").findLast((line) => line.startsWith("[")) ?? "[]";

/**
 * Waits until one member leads, both others follow it as standbys that a commit may wait for, nobody is being fenced or owed
 * its power, and etcd is led from elsewhere: the state in which the loss of any machine loses nothing. Answers who leads.
 */
export async function databaseServes(limitMs = 180_000): Promise<string> {
  return await waitFor(async () => {
    const all = await members();
    const leaders = all.filter(({ role }) => role === "leader");
    const standbys = all.filter(({ role, state }) => role === "quorum_standby" && state === "streaming");
    if (leaders[0]?.state !== "running" || leaders.length !== 1 || standbys.length !== all.length - 1) throw new Error(JSON.stringify(all));
    const { fencing, off } = await fenceStatus();
    if (fencing !== null || off.length > 0) throw new Error(`the fence is not done: ${JSON.stringify({ fencing, off })}`);
    const [primary] = leaders;
    if (await etcdLeader() === primary.name) throw new Error(`etcd is led by the primary, ${primary.name}`);
    return primary.name;
  }, { what: "the database to serve with all its machines", limitMs, everyMs: 1_000 });
}

/** Who leads now, with how many followers ever. */
export async function primaryNow(limitMs = 60_000): Promise<string> {
  return await waitFor(async () => {
    const leader = (await members()).find(({ role, state }) => role === "leader" && state === "running");
    return leader?.name;
  }, { what: "a primary", limitMs, everyMs: 500 });
}

/** SQL run by the superuser on the machine itself. */
export async function sql(machine: string, statements: string): Promise<string> {
  return await onOk(machine, ["runuser", "-u", "postgres", "--", "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--dbname", "app", "--command", statements]);
}

export const others = async (than: string): Promise<string[]> =>
  (await members()).map(({ name }) => name).filter((name) => name !== than);

/** Actions that cut a machine's power or give it back, which the cloud accepted. */
export async function powerActions(): Promise<number> {
  const listed = await Promise.all((await droplets()).filter(({ name }) => name.startsWith("db-")).map(async ({ id }) =>
    z.object({ actions: z.array(z.object({ type: z.string() })) }).parse((await api("GET", `/v2/droplets/${id}/actions?per_page=200`)).body).actions));
  return listed.flat().filter(({ type }) => type.startsWith("power_")).length;
}

export interface Scene {
  writer: Writer;
  primary: string;
}

/** The database serves with all its machines, and somebody writes through an app server. After the drill, whatever became of it, it must serve so again. */
export async function databaseScene({ restore }: DrillContext, { writesOn = "app-1" } = {}): Promise<Scene> {
  const primary = await databaseServes();
  await allowFence();
  restore("the database", async () => {
    await powerOn();
    const now = await databaseServes();
    await sql(now, `DROP TABLE IF EXISTS ${table}`);
  });
  await sql(primary, `CREATE TABLE IF NOT EXISTS ${table} (run bigint, level text, n bigint, PRIMARY KEY (run, level, n)); GRANT SELECT, INSERT ON ${table} TO app`);
  const writer = await startWriter({ machine: writesOn });
  restore("the writer", async () => writer.end());
  await writer.flowing();
  return { writer, primary };
}

/** Nobody cuts the power of a primary that is gone. */
export async function stopFences({ restore }: DrillContext, primary: string): Promise<void> {
  for (const machine of [primary, ...await others(primary)]) {
    restore(`the fence of ${machine}`, async () => {
      await powerOn();
      await onOk(machine, ["systemctl", "start", "quickcart-fence"]);
    });
    await onOk(machine, ["systemctl", "stop", "quickcart-fence"]);
  }
}

/** Both kinds of write; only that of ordinary commits is promised, those that wait for a standby may wait for one longer. */
export function reportGaps({ figure }: DrillContext, writer: Writer, what: string, since: number, maxSeconds: number): void {
  figure(what, writer.worstGapMs("local", since) / 1000, "s", { max: maxSeconds });
  figure(`${what}, synchronous_commit = on`, writer.worstGapMs("on", since) / 1000, "s");
}

/**
 * What a failover may cost those who wrote: nothing that asked for more than usual, and of ordinary commits only those that the
 * primary had to itself.
 *
 * @param behind when that was; without it nothing may be lost
 */
export async function reportWrites({ figure, say }: DrillContext, writer: Writer, behind: readonly Behind[] = []): Promise<Report> {
  const { errors } = writer;
  if (errors) say(`what failed: ${errors.slice(0, 600)}`);
  const report = await writer.stop();
  figure("writes acknowledged", report.acknowledged.local + report.acknowledged.on, "count", { min: 1 });
  figure("acknowledged writes lost, synchronous_commit = on", report.lost.on.length, "count", { max: 0 });
  figure("acknowledged writes lost, synchronous_commit = local", report.lost.local.length, "count");
  figure("of these not because replication was behind", unexplained(report.lost.local, behind).length, "count", { max: 0 });
  figure("writes that an outdated primary took", report.ofTwoPrimaries.length, "count", { max: 0 });
  figure("the writer's own process was late by at most", report.lateMs / 1000, "s");
  return report;
}

/** Whether a unit of a machine is active. */
export const isActive = async (machine: string, unit: string): Promise<boolean> => (await on(machine, ["systemctl", "is-active", "--quiet", unit])).code === 0;
