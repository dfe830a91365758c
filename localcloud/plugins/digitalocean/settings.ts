import { z } from "zod";
import { type JsonObject } from "../core/values.ts";

/** The engine sends settings that are no strings as JSON text, which for a number is the number. */
const numeric = z.coerce.number("must be a number").min(0).optional();
const text = z.string().min(1).optional().catch(undefined);

const given = z.object({
  apiEndpoint: text,
  token: text,
  spacesEndpoint: text,
  spacesAccessId: text,
  spacesSecretKey: text,
  httpRetryMax: numeric,
  httpRetryWaitMin: numeric,
  httpRetryWaitMax: numeric,
  requestsPerSecond: numeric,
});

export interface Settings {
  apiEndpoint: string;
  token: string;
  /** May hold `{{.Region}}`; null: the real name of the region's. */
  spacesEndpoint: string | null;
  spacesKey: { id: string; secret: string } | null;
  retries: number;
  /** Before the first retry, doubled with each; in ms. */
  firstRetryMs: number;
  slowestRetryMs: number;
  /** The real plugin spaces its calls by 1/requestsPerSecond; this one keeps to as many in a minute, so that a short run need not wait. */
  callsPerMinute: number;
}

/** DigitalOcean allows 250 a minute and token. */
const mostCallsPerMinute = 240;

/** What the stack or the program says comes first, then the environment, then DigitalOcean's own addresses. */
export function readSettings(settings: JsonObject, environment: NodeJS.ProcessEnv): Settings {
  const parsed = given.safeParse(settings);
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map((issue) => `digitalocean:${issue.path.join(".")}: ${issue.message}`).join("; "));
  }
  const { data } = parsed;
  const id = data.spacesAccessId ?? environment["SPACES_ACCESS_KEY_ID"];
  const secret = data.spacesSecretKey ?? environment["SPACES_SECRET_ACCESS_KEY"];
  return {
    apiEndpoint: data.apiEndpoint ?? (environment["DIGITALOCEAN_API_URL"] || "https://api.digitalocean.com"),
    token: data.token ?? environment["DIGITALOCEAN_TOKEN"] ?? environment["DIGITALOCEAN_ACCESS_TOKEN"] ?? "",
    spacesEndpoint: data.spacesEndpoint ?? (environment["SPACES_ENDPOINT_URL"] || null),
    spacesKey: id && secret ? { id, secret } : null,
    retries: data.httpRetryMax ?? 4,
    firstRetryMs: (data.httpRetryWaitMin ?? 1) * 1000,
    slowestRetryMs: (data.httpRetryWaitMax ?? 30) * 1000,
    callsPerMinute: data.requestsPerSecond ? Math.min(data.requestsPerSecond * 60, mostCallsPerMinute) : mostCallsPerMinute,
  };
}
