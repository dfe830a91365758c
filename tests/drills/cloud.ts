import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { healthCheck, slotPort, slots } from "../../agents/slots.ts";
import { ports } from "../../components/ports.ts";
import { tell } from "../../localcloud/client.ts";
import { cloudNamespace } from "../../localcloud/paths.ts";
import { localcloud, run, tail } from "../../make/run.ts";
import { waitFor } from "../../make/wait.ts";

/** What drills do to the running cloud: its command, its API, its machines. */

export interface Finished {
  code: number;
  output: string;
}

/** `localcloud ARGS`; throws when it fails. */
export async function cloud(...args: string[]): Promise<string> {
  const { code, output } = await run(process.execPath, [localcloud, ...args], { limitMs: 120_000 });
  if (code !== 0) throw new Error(`localcloud ${args.join(" ")} failed (exit code ${code}): ${tail(output, 5)}`);
  return output;
}

/** A command run on a machine by its own init, so with the machine's rights and limits. */
export async function on(machine: string, argv: string[], limitMs = 60_000): Promise<Finished> {
  return await run(process.execPath, [localcloud, "run", machine, "--", ...argv], { limitMs });
}

export async function onOk(machine: string, argv: string[], limitMs = 60_000): Promise<string> {
  const { code, output } = await on(machine, argv, limitMs);
  if (code !== 0) throw new Error(`on ${machine}: ${argv.join(" ").slice(0, 200)} failed (exit code ${code}): ${tail(output, 10)}`);
  return output;
}

const seenSchema = z.object({
  asked: z.number(),
  answered: z.number(),
  failed: z.number(),
  worstGapMs: z.number(),
  parties: z.array(z.string()),
  lastError: z.string().nullable(),
});
export type Seen = z.infer<typeof seenSchema>;

/** The probe's text, run by the machine's own Node: asks the URL every 20 ms, a new connection each time. */
export async function probeFrom(machine: string, url: string, seconds: number): Promise<Seen> {
  const text = readFileSync(join(import.meta.dirname, "probe.ts"), "utf8");
  const output = await onOk(
    machine,
    ["/opt/quickcart/runtime/node", "--input-type=module-typescript", "-e", text, "--", "--probe", url, String(seconds)],
    (seconds + 30) * 1000,
  );
  const line = output.split("\n").find((one) => one.startsWith('{"asked"'));
  if (!line) throw new Error(`the probe on ${machine} printed no result: ${tail(output, 5)}`);
  return seenSchema.parse(JSON.parse(line));
}

/** The port on which an app server's current version answers on the machine itself: a release goes from one slot to the other. */
export async function appPort(machine: string): Promise<number> {
  const candidates = slots.map((slot) => slotPort(ports.app.from, slot));
  for (const port of candidates) {
    if ((await on(machine, ["curl", "-sSf", "--max-time", "2", `http://127.0.0.1:${port}${healthCheck.path}`])).code === 0) return port;
  }
  throw new Error(`no version of the app answers on ${machine}, port ${candidates.join(" or ")}`);
}

export interface Answer {
  status: number;
  body: unknown;
}

async function fetchApi(method: string, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`https://api.digitalocean.com${path}`, {
    method,
    headers: { authorization: `Bearer ${process.env["DIGITALOCEAN_TOKEN"] ?? ""}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  return { status: response.status, body: text ? (JSON.parse(text) as unknown) : null };
}

const isInsideCloud = (): boolean => {
  try {
    return statSync(join("/run/netns", cloudNamespace)).ino === statSync("/proc/self/ns/net").ino;
  } catch {
    return false; // no cloud
  }
};

/** A call of the API under its real name; from the host by way of a process inside the cloud. */
export async function api(method: string, path: string, body?: unknown): Promise<Answer> {
  if (isInsideCloud()) return await fetchApi(method, path, body);
  const { code, output } = await run(process.execPath, [localcloud, "exec", "--", process.execPath, import.meta.filename, "--api", method, path, JSON.stringify(body ?? null)], { limitMs: 40_000 });
  if (code !== 0) throw new Error(`${method} ${path} failed: ${tail(output, 5)}`);
  return JSON.parse(output) as Answer;
}

if (process.argv[2] === "--api") {
  const [method = "GET", path = "/", body = "null"] = process.argv.slice(3);
  process.stdout.write(JSON.stringify(await fetchApi(method, path, JSON.parse(body) ?? undefined)));
}

const dropletSchema = z.object({
  id: z.number(),
  name: z.string(),
  status: z.string(),
  networks: z.object({ v4: z.array(z.object({ ip_address: z.string(), type: z.string() })) }),
});
export type Droplet = z.infer<typeof dropletSchema>;

export async function droplets(): Promise<Droplet[]> {
  return z.object({ droplets: z.array(dropletSchema) }).parse((await api("GET", "/v2/droplets?per_page=200")).body).droplets;
}

export const address = (droplet: Droplet, type: "public" | "private"): string | undefined =>
  droplet.networks.v4.find((network) => network.type === type)?.ip_address;

const resultSchema = z.object({ v1: z.object({ errors: z.array(z.unknown()) }) });

/** Looked up in the machine's own /run: asking by a command would cost the boots that are measured more than it tells. */
async function cloudInitResult(id: number): Promise<true | undefined> {
  const { leader } = await tell("locate", { machine: id });
  const path = `/proc/${leader}/root/run/cloud-init/result.json`;
  if (leader === null || !existsSync(path)) return undefined;
  const { v1 } = resultSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  if (v1.errors.length > 0) throw new Error(`cloud-init reports ${JSON.stringify(v1.errors)}`);
  return true;
}

export interface Created {
  id: number;
  name: string;
  /** performance.now() of the request. */
  askedAt: number;
}

export async function createDroplet(body: Record<string, unknown> & { name: string }): Promise<Created> {
  const askedAt = performance.now();
  const answer = await api("POST", "/v2/droplets", { region: "fra1", size: "s-1vcpu-1gb", image: "debian-13-x64", ...body });
  if (answer.status !== 202) throw new Error(`POST /v2/droplets: status ${answer.status}: ${JSON.stringify(answer.body)}`);
  const { droplet } = z.object({ droplet: z.object({ id: z.number() }) }).parse(answer.body);
  return { id: droplet.id, name: body.name, askedAt };
}

/** Waits until cloud-init has finished; the seconds from the request to that. */
export async function booted({ id, name, askedAt }: Created, limitMs = 60_000): Promise<number> {
  await waitFor(async () => await cloudInitResult(id), { what: `cloud-init of ${name} to finish`, limitMs, everyMs: 100 });
  return (performance.now() - askedAt) / 1000;
}

export async function deleteDroplet(id: number): Promise<void> {
  const { status } = await api("DELETE", `/v2/droplets/${id}`);
  if (status !== 204 && status !== 404) throw new Error(`DELETE /v2/droplets/${id}: status ${status}`);
  await waitFor(async () => ((await api("GET", `/v2/droplets/${id}`)).status === 404 ? true : undefined), { what: `droplet ${id} to be gone`, limitMs: 30_000 });
}
