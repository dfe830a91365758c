import type { z } from "zod";
import { unprocessable } from "./errors.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Answer {
  status: number;
  body?: unknown;
}

export interface Call<Body> {
  params: Record<string, string>;
  query: URLSearchParams;
  /** As in the request, without the query. */
  path: string;
  body: Body;
}

export interface Route {
  method: Method;
  /** `/v2/droplets/{droplet_id}`, as in DigitalOcean's OpenAPI description. */
  path: string;
  /** All of them are needed. */
  scopes: string[];
  /** A limit of this path's own, beside the token's. */
  limit: { requests: number; seconds: number } | null;
  run(call: Call<unknown>): Promise<Answer>;
}

interface RouteOptions {
  method: Method;
  path: string;
  scopes: string[];
  limit?: { requests: number; seconds: number };
}

export function route(options: RouteOptions, handle: (call: Call<unknown>) => Answer | Promise<Answer>): Route {
  return { ...options, limit: options.limit ?? null, run: async (call) => handle(call) };
}

/** The body is parsed before the handler sees it; what does not fit is answered with 422 and says where. */
export function routeWithBody<S extends z.ZodType>(
  options: RouteOptions & { body: S },
  handle: (call: Call<z.output<S>>) => Answer | Promise<Answer>,
): Route {
  const { body: schema, ...rest } = options;
  return {
    ...rest,
    limit: rest.limit ?? null,
    async run(call) {
      return handle({ ...call, body: parseInput(schema, call.body) });
    },
  };
}

export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  throw unprocessable(parsed.error.issues.map(describe).join("; "));
}

function describe(issue: z.core.$ZodIssue): string {
  const where = issue.path.map(String).join(".");
  return where === "" ? issue.message : `${where}: ${issue.message}`;
}

export function param(call: Call<unknown>, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw new Error(`The route of ${call.path} has no parameter {${name}}.`);
  return value;
}
