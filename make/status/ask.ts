import { join } from "node:path";
import { z } from "zod";
import { canarySchema, releaseSchema } from "../../agents/documents.ts";
import { type OwnStatus, ownStatusSchema } from "../../agents/redis/ownStatus.ts";
import { slots } from "../../agents/slots.ts";
import { tell } from "../../localcloud/client.ts";
import { insideArgv } from "../../localcloud/machines/inside.ts";
import { type Status } from "../../localcloud/operations.ts";
import { localcloud, run, tail } from "../run.ts";
import { type Site } from "../site.ts";
import { UserError } from "../steps.ts";
import type { Answer, Said } from "./answer.ts";
import { databaseScript, type DatabaseFacts, parseDatabase } from "./askDatabase.ts";
import type { CloudFacts, Question } from "./insideCloud.ts";
import { type AppServerFacts, type Facts, type LoadBalancerFacts, tierOf } from "./report.ts";

/** Whoever is dead, frozen or still booting holds nobody up for longer. */
const limitMs = 3_000;
/** Starting the process that asks comes on top. */
const startMs = 1_000;

const lbSchema = z.object({
  vrrp: z.string().nullable(),
  leaving: z.boolean(),
  servers: z.array(z.object({ name: z.string(), state: z.string() })),
});

const answerOf = <T>(value: z.ZodType<T>) => z.discriminatedUnion("ok", [z.object({ ok: z.literal(true), value }), z.object({ ok: z.literal(false), why: z.string() })]);
const cloudFactsSchema = z.object({
  holder: answerOf(z.string().nullable()),
  releases: answerOf(z.object({ base: releaseSchema.nullable(), canary: canarySchema.nullable() })),
});

/** Everybody at once. @param site null before the first `make up` has ended */
export async function askEverybody(cloud: Status, site: Site | null): Promise<Facts> {
  const ask = async <T>(tier: string, one: (id: number) => Promise<T>): Promise<Said<T>[]> => {
    const machines = cloud.machines.filter(({ name }) => tierOf(name) === tier);
    return await Promise.all(machines.map(async (machine) => ({ machine, answer: await answerFrom(() => one(machine.id)) })));
  };
  const now = Date.now();
  const [facts, loadBalancers, appServers, databases, redis] = await Promise.all([
    cloudFacts(site), ask("lb", askLoadBalancer), ask("app", askAppServer), ask("db", askDatabase), ask("redis", askRedis),
  ]);
  return { cloud, floatingAddress: site?.floatingAddress ?? null, ...facts, loadBalancers, appServers, databases, redis, now };
}

async function cloudFacts(site: Site | null): Promise<CloudFacts> {
  const unknown = (why: string): CloudFacts => ({ holder: { ok: false, why }, releases: { ok: false, why } });
  if (site === null) return unknown("`make up` has not ended yet");
  const question: Question = { ...site, limitMs };
  const argv = [localcloud, "exec", "--", process.execPath, join(import.meta.dirname, "insideCloud.ts"), JSON.stringify(question)];
  const answer = await answerFrom(async () => cloudFactsSchema.parse(JSON.parse(await output(process.execPath, argv))));
  return answer.ok ? answer.value : unknown(answer.why);
}

async function askLoadBalancer(id: number): Promise<LoadBalancerFacts> {
  return lbSchema.parse(JSON.parse(await on(id, ["/usr/local/sbin/quickcart-lb", "status"])));
}

const appScript = `
for slot in ${slots.join(" ")}; do
  echo "$slot $(readlink /opt/quickcart/app/$slot || echo -) $(systemctl is-active quickcart-app@$slot)"
done
ls /run/quickcart-release/failed 2>/dev/null || true`;

async function askAppServer(id: number): Promise<AppServerFacts> {
  return parseAppServer(await on(id, ["sh", "-c", appScript]));
}

async function askDatabase(id: number): Promise<DatabaseFacts> {
  return parseDatabase(await on(id, ["sh", "-c", databaseScript]));
}

async function askRedis(id: number): Promise<OwnStatus> {
  return ownStatusSchema.parse(JSON.parse(await on(id, ["/usr/local/sbin/quickcart-redis", "node"])));
}

/** Pure: what the app servers' script printed. */
export function parseAppServer(text: string): AppServerFacts {
  const lines = text.split("\n").map((line) => line.trim().split(" "));
  return {
    slots: slots.flatMap((slot) => lines.filter(([first]) => first === slot).map(([, bundle = "-", active = "unknown"]) =>
      ({ slot, bundle: bundle === "-" ? null : bundle, active }))),
    failed: lines.flatMap(([first = ""]) => (/^[0-9a-f]{64}$/.test(first) ? [first] : [])),
  };
}

async function on(machine: number, argv: string[]): Promise<string> {
  const { leader } = await tell("locate", { machine }, limitMs);
  if (leader === null) throw new UserError("no power");
  const [file = "", ...args] = insideArgv(leader, argv);
  return await output(file, args);
}

async function output(file: string, args: string[]): Promise<string> {
  const { code, output: text } = await run(file, args, { limitMs: limitMs + startMs });
  // A program that crashed ends with its stack and Node's version.
  if (code !== 0) throw new UserError(text.split("\n").find((line) => /^\w*[Ee]rror\b/.test(line)) ?? (tail(text, 1) || `exit code ${code}`));
  return text;
}

async function answerFrom<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    const why = error instanceof z.ZodError || error instanceof SyntaxError ? "an answer that is not understood" : error instanceof Error ? error.message : String(error);
    return { ok: false, why: why.includes("did not end within") ? `no answer in ${limitMs / 1000} s` : why };
  }
}
