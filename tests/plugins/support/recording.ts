import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Http, type HttpRequest } from "../../../localcloud/plugins/digitalocean/http.ts";
import { type Clock } from "../../../localcloud/plugins/digitalocean/pace.ts";
import { parseXml, type XmlNode } from "../../../localcloud/plugins/digitalocean/xml.ts";

const exchange = z.object({
  step: z.string(),
  request: z.object({
    method: z.string(), host: z.string().optional(), path: z.string(), query: z.record(z.string(), z.string()).optional(), headers: z.record(z.string(), z.string()).optional(),
    body: z.json().optional(),
  }),
  response: z.object({ status: z.number().optional(), headers: z.record(z.string(), z.string()).optional(), body: z.json().optional() }).optional(),
});
type Exchange = z.infer<typeof exchange>;

/** What was recorded, played to our plugin. */
export interface Replay {
  http: Http;
  /** Recorded requests that were not asked yet. */
  left(): string[];
  /** Requests that were not the recorded ones. */
  differences: { recorded: Comparable | null; ours: Comparable }[];
}

export interface ReplayOptions {
  /** Resources were worked on at the same time: within a step only each one's own order means something. */
  interleaved?: boolean;
  /** Leaves out requests to this path: a resource that we do not have. */
  without?: string;
}

const folder = join(import.meta.dirname, "..", "..", "fixtures", "digitalocean", "recordings");

export function replay(name: string, { interleaved = false, without }: ReplayOptions = {}): Replay {
  const all = z.array(exchange).parse(JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")));
  // `setup` is what the recording's test did to prepare, not the plugin.
  const rest = all.filter(({ step, request }) => step !== "setup" && !(without !== undefined && request.path.startsWith(without)));
  const differences: Replay["differences"] = [];
  return {
    left: () => rest.map(({ step, request }) => `${step}: ${request.method} ${request.host ?? ""}${request.path}`),
    differences,
    http: async (request) => {
      const ours = own(request);
      const [expected] = rest.splice(interleaved ? firstLike(rest, ours) : 0, 1);
      const wanted = expected ? recorded(expected) : null;
      // Not thrown: the plugin would take it for a broken connection, and try again.
      if (!isDeepStrictEqual(wanted, ours)) differences.push({ recorded: wanted, ours });
      if (expected?.response?.status === undefined) throw new Error("socket hang up");
      const { status, headers = {}, body } = expected.response;
      return { status, headers, body: Buffer.from(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body)) };
    },
  };
}

function firstLike(rest: Exchange[], { method, where, query }: Comparable): number {
  const step = rest.findIndex((one) => one.step !== rest[0]?.step);
  const found = rest.slice(0, step < 0 ? undefined : step).findIndex((one) => {
    const candidate = recorded(one);
    return candidate.method === method && candidate.where === where && isDeepStrictEqual(candidate.query, query);
  });
  return Math.max(found, 0);
}

/** Time that passes only when somebody waits for it. */
export function fakeClock(): Clock & { waited: number[] } {
  let now = 0;
  const waited: number[] = [];
  return {
    waited,
    now: () => now,
    sleep: async (ms) => {
      waited.push(ms);
      now += ms;
    },
  };
}

/** Headers that say something; the rest is transport. */
const telling = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /^(x-amz-acl|x-amz-meta-.*|cache-control)$/.test(name)));

export interface Comparable { method: string; where: string; query: Record<string, string>; body: unknown; headers: Record<string, string> }

function recorded({ request: { method, host, path, query = {}, body, headers = {} } }: Exchange): Comparable {
  return { method, where: `${host ?? ""}${path}`, query, body: canonical(body), headers: host === undefined ? {} : telling(headers) };
}

function own({ method, url, body, headers }: HttpRequest): Comparable {
  const { host, pathname, searchParams } = new URL(url);
  const text = body ? Buffer.from(body).toString() : "";
  const storage = host.endsWith("localhost:9000");
  return {
    method,
    where: `${storage ? host : ""}${decodeURIComponent(pathname)}`,
    query: Object.fromEntries(searchParams),
    body: canonical(text === "" ? undefined : storage ? text : JSON.parse(text)),
    headers: storage ? telling(headers) : {},
  };
}

/** The order of firewall rules and of XML elements means nothing; the official plugin's comes from hashes. */
function canonical(body: unknown): unknown {
  if (body === undefined || body === "") return undefined;
  if (typeof body === "string") return body.startsWith("<") ? canonicalXml(parseXml(body)) : body;
  if (typeof body !== "object" || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, /^(in|out)bound_rules$/.test(key) && Array.isArray(value) ? sorted(value) : value]));
}

function canonicalXml({ name, text, children }: XmlNode): unknown {
  return { name, text: text.trim(), children: sorted(children.map(canonicalXml)) };
}

function sorted(items: unknown[]): unknown[] {
  return [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
