import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../../files.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../settings.ts";
import type { AccountState } from "../state/schema.ts";
import { findToken, missingScopes } from "../tokens.ts";
import { readJson } from "./body.ts";
import { ApiError, errorIds, forbidden } from "./errors.ts";
import type { Faults } from "./faults.ts";
import { RateLimiter, type Verdict } from "./rateLimit.ts";
import type { Answer } from "./route.ts";
import type { Router } from "./router.ts";

export interface ServerParts {
  state: AccountState;
  settings: Settings;
  clock: Clock;
  log: Log;
  router: Router;
  faults: Faults;
  /** Called before a request that may have changed something is answered. */
  save(): Promise<void>;
}

interface Exchange {
  requestId: string;
  token: string | null;
  headers: Record<string, string | number>;
}

/** The boundary: whatever happens inside, the client gets an answer in DigitalOcean's shape and the log gets a line. */
export function createHandler(parts: ServerParts): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const limiter = new RateLimiter(parts.clock);

  return async (request, response) => {
    const startedAt = parts.clock.now();
    const method = request.method ?? "GET";
    const url = (request.url ?? "/").replace(/^\/{2,}/, "/");
    const [path = "/", search = ""] = [url.split("?", 1)[0], url.includes("?") ? url.slice(url.indexOf("?") + 1) : ""];
    const exchange: Exchange = { requestId: randomUUID(), token: null, headers: {} };
    let answer: Answer | null = null;
    try {
      const strike = await parts.faults.strike(request, response, path);
      if (strike.outcome === "answer") {
        const after = strike.retryAfter === null ? {} : { "retry-after": String(strike.retryAfter) };
        throw new ApiError(strike.status, errorIds[strike.status] ?? "error", "A fault was asked for.", after);
      }
      if (strike.outcome === "pass") answer = await serve(parts, limiter, request, { method, path, search }, exchange);
    } catch (error) {
      answer = refuse(error, exchange, parts.log);
    }
    if (answer !== null) send(response, method, answer, exchange);
    parts.log({
      level: "info",
      message: "request",
      method,
      path,
      status: answer?.status ?? null,
      ms: Math.round(parts.clock.now() - startedAt),
      token: exchange.token,
      requestId: exchange.requestId,
    });
  };
}

async function serve(
  parts: ServerParts,
  limiter: RateLimiter,
  request: IncomingMessage,
  target: { method: string; path: string; search: string },
  exchange: Exchange,
): Promise<Answer> {
  const token = findToken(parts.state, request.headers.authorization);
  if (token === null) throw new ApiError(401, "Unauthorized", "Unable to authenticate you");
  exchange.token = token.name;

  const { requestsPerMinute, requestsPerHour } = parts.settings;
  const verdict = limiter.count(token.hash, [{ requests: requestsPerMinute, seconds: 60 }, { requests: requestsPerHour, seconds: 3600 }]);
  setRateHeaders(exchange, verdict);
  enforce(verdict);

  const { route, params } = parts.router.find(target.method, target.path);
  const missing = missingScopes(token, route.scopes);
  if (missing.length > 0) {
    throw forbidden(`You do not have access for the attempted action: the token "${token.name}" lacks the scope ${missing.join(", ")}.`);
  }
  if (route.limit !== null) enforce(limiter.count(`${token.hash} ${route.method} ${route.path}`, [route.limit]));

  const body = await readJson(request);
  const call = { params, query: new URLSearchParams(target.search), path: target.path, body };
  return withinLimit(parts.clock, async () => {
    const answer = await route.run(call);
    if (route.method !== "GET") await parts.save();
    return answer;
  });
}

/** Whatever the hardware below does, a client does not wait for ever. */
const handlerSeconds = 60;

async function withinLimit(clock: Clock, run: () => Promise<Answer>): Promise<Answer> {
  let cancel = (): void => undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(handlerSeconds * 1000, () => reject(new Error(`There was no answer within ${handlerSeconds} s.`)));
  });
  try {
    return await Promise.race([run(), limit]);
  } finally {
    cancel();
  }
}

function enforce(verdict: Verdict): void {
  if (!verdict.allowed) {
    throw new ApiError(429, "too_many_requests", "API rate limit exceeded.", { "retry-after": String(verdict.retryAfter) });
  }
}

function setRateHeaders(exchange: Exchange, verdict: Verdict): void {
  exchange.headers["ratelimit-limit"] = verdict.limit;
  exchange.headers["ratelimit-remaining"] = verdict.remaining;
  exchange.headers["ratelimit-reset"] = verdict.reset;
}

function refuse(error: unknown, exchange: Exchange, log: Log): Answer {
  const known = error instanceof ApiError ? error : new ApiError(500, "server_error", "Unexpected server-side error");
  if (known !== error) {
    const stack = typeof error === "object" && error !== null && "stack" in error ? error.stack : undefined;
    log({ level: "error", message: `A request failed: ${messageOf(error)}`, stack, requestId: exchange.requestId });
  }
  Object.assign(exchange.headers, known.headers);
  return { status: known.status, body: { id: known.id, message: known.message, request_id: exchange.requestId } };
}

function send(response: ServerResponse, method: string, answer: Answer, exchange: Exchange): void {
  if (response.destroyed || response.headersSent) return;
  response.statusCode = answer.status;
  response.setHeader("x-request-id", exchange.requestId);
  for (const [name, value] of Object.entries(exchange.headers)) response.setHeader(name, value);
  if (answer.body === undefined) {
    response.end();
    return;
  }
  const text = JSON.stringify(answer.body);
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.setHeader("content-length", Buffer.byteLength(text));
  response.end(method === "HEAD" ? undefined : text);
}
