import { z } from "zod";
import { ForeignEndpoint } from "./guard.ts";
import { type HttpAnswer, type Http } from "./http.ts";
import { type Clock, createPace } from "./pace.ts";
import { type Settings } from "./settings.ts";

/** What the API answered instead of what was asked for. */
export class ApiError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

/** DigitalOcean's API, as patient as the official plugin's client. */
export interface Api {
  clock: Clock;
  call<T>(schema: z.ZodType<T>, method: string, path: string, signal: AbortSignal, body?: unknown): Promise<T>;
}

const fault = z.object({ message: z.string(), request_id: z.string().optional() });

export function createApi(settings: Settings, http: Http, clock: Clock): Api {
  const pace = createPace(clock, settings.callsPerMinute);
  // Like the official plugin, which drops a path of the endpoint's.
  const { origin } = new URL(settings.apiEndpoint);

  async function attempt(method: string, url: string, signal: AbortSignal, body: unknown): Promise<HttpAnswer | Error> {
    await pace(signal);
    try {
      return await http({
        method,
        url,
        signal,
        headers: {
          accept: "application/json",
          authorization: `Bearer ${settings.token}`,
          "user-agent": "quickcart-stand-in",
          ...(method === "GET" ? {} : { "content-type": "application/json" }),
        },
        body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
      });
    } catch (error) {
      if (signal.aborted || error instanceof ForeignEndpoint || !(error instanceof Error)) throw error;
      return error;
    }
  }

  return {
    clock,
    async call(schema, method, path, signal, body) {
      const url = `${origin}${path}`;
      for (let tried = 1; ; tried += 1) {
        const answer = await attempt(method, url, signal, body);
        const wait = tried <= settings.retries ? patience(answer, tried, settings) : null;
        if (wait !== null) {
          await clock.sleep(wait, signal);
          continue;
        }
        const suffix = worthRetrying(answer) && tried > 1 ? `; giving up after ${tried} attempt(s)` : "";
        if (answer instanceof Error) throw new Error(`${method} ${url}: ${causeOf(answer)}${suffix}`, { cause: answer });
        if (answer.status >= 400) throw new ApiError(`${method} ${url}: ${describe(answer)}${suffix}`, answer.status);
        return schema.parse(parseBody(answer, `${method} ${url}`));
      }
    },
  };
}

/** 429 and 5xx are worth another try, except 501: it will never be implemented by asking again. */
function worthRetrying(answer: HttpAnswer | Error): boolean {
  return answer instanceof Error || answer.status === 429 || (answer.status >= 500 && answer.status !== 501);
}

/** How long to wait before the next try in ms; null when none would help. */
function patience(answer: HttpAnswer | Error, tried: number, { firstRetryMs, slowestRetryMs }: Settings): number | null {
  if (!worthRetrying(answer)) return null;
  const asked = answer instanceof Error ? Number.NaN : Number.parseInt(answer.headers["retry-after"] ?? "", 10);
  return Number.isNaN(asked) ? Math.min(firstRetryMs * 2 ** (tried - 1), slowestRetryMs) : asked * 1000;
}

function causeOf(error: Error): string {
  return error.message || ("code" in error ? String(error.code) : error.name);
}

/** `422 (request "id") message`, as the official plugin words it. */
function describe({ status, body, headers }: HttpAnswer): string {
  const text = body.toString("utf8");
  const parsed = fault.safeParse(jsonOrNull(text));
  if (!parsed.success) return `${status} ${text.slice(0, 500)}`.trimEnd();
  const request = parsed.data.request_id ?? headers["x-request-id"];
  return `${status} ${request === undefined ? "" : `(request "${request}") `}${parsed.data.message}`;
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function parseBody({ body, status }: HttpAnswer, what: string): unknown {
  const text = body.toString("utf8");
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${what}: answered ${status} with what is not JSON: ${text.slice(0, 200)}`, { cause: error });
  }
}
