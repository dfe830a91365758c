/** What a drill and its visitors' process tell each other: one schema for both ends. */
import { z } from "zod";
import { kinds, series } from "./mix.ts";

export const targetSchema = z.object({
  /** The floating address. */
  address: z.ipv4(),
  port: z.int(),
  /** For SNI, the Host header and the certificate's check. */
  hostName: z.string(),
  /** PEM of the only authority that is trusted. */
  ca: z.string(),
});
export type Target = z.infer<typeof targetSchema>;

export const startSchema = z.object({
  target: targetSchema,
  /** Requests a second, whether or not earlier ones were answered. 0: no visitors, the probe alone. */
  rate: z.number().min(0).max(2_000),
  /** Milliseconds between two probes. */
  probeEveryMs: z.int().min(5),
  /** Number of the first order; no number is ever used twice. */
  firstOrder: z.int(),
});
export type Start = z.infer<typeof startSchema>;

export const failureSchema = z.object({
  kind: z.enum(kinds),
  /** When it was asked and when it failed, by `now()`. */
  askedAt: z.number(),
  at: z.number(),
  error: z.string(),
  /** null: no answer at all. */
  status: z.number().nullable(),
  /** Who answered, when the answer said so. */
  server: z.string().nullable(),
  /** Whether the request had been written to an open connection, so that a server may have acted on it. */
  sent: z.boolean(),
  /** Whether that connection had served requests before. */
  reused: z.boolean(),
  /** Of an order. */
  order: z.number().nullable(),
});
export type Failure = z.infer<typeof failureSchema>;

const countSchema = z.object({ asked: z.number(), answered: z.number(), failed: z.number() });
export type Count = z.infer<typeof countSchema>;

/** Longest of those that ended since the last tick, and when the latest answer came. */
const gapSchema = z.object({ ms: z.number(), endedAt: z.number(), lastAnswerAt: z.number() });

export const tickSchema = z.object({
  type: z.literal("tick"),
  at: z.number(),
  counts: z.record(z.enum(kinds), countSchema),
  gaps: z.record(z.enum(series), gapSchema),
  failures: z.array(failureSchema),
  /** Orders that were answered with 200. */
  acknowledged: z.array(z.number()),
  /** Which release of which server answered, and when for the first and the last time. */
  parties: z.array(z.object({ server: z.string(), release: z.string(), answers: z.number(), firstAt: z.number(), lastAt: z.number() })),
  /** How late the process itself was at worst since the last tick: a gap of that length may be its own. */
  lateMs: z.number(),
});
export type Tick = z.infer<typeof tickSchema>;

const percentilesSchema = z.object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() });
export type Percentiles = z.infer<typeof percentilesSchema>;

/** The last word, after every request has ended. */
export const endSchema = z.object({ type: z.literal("end"), latencies: z.record(z.enum(kinds), percentilesSchema) });
export type End = z.infer<typeof endSchema>;

export const reportSchema = z.discriminatedUnion("type", [tickSchema, endSchema]);
