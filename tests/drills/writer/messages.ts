/** What a drill and the writer on an app server tell each other, a line each: one schema for both ends. */
import { z } from "zod";

/** What each write asks of its commit; `read` writes nothing and asks the read endpoint. */
export const levels = ["local", "on"] as const;
export type Level = (typeof levels)[number];
export const series = [...levels, "read"] as const;
export type Series = (typeof series)[number];

export const startSchema = z.object({
  /** No two runs share one. */
  run: z.int(),
  /** Milliseconds between two writes of each level, whether or not earlier ones were acknowledged. */
  everyMs: z.int().min(5),
});
export type Start = z.infer<typeof startSchema>;

export const acknowledgedSchema = z.object({
  type: z.literal("ack"),
  series: z.enum(series),
  /** Of the write, from 1; each number is written once, whatever became of it. */
  n: z.int(),
  /** When it was sent and acknowledged, by `now()`. */
  sentAt: z.number(),
  at: z.number(),
  /** Which line of PostgreSQL's history took it: each primary begins one of its own. 0 for reads. */
  timeline: z.int(),
});
export type Acknowledged = z.infer<typeof acknowledgedSchema>;

export const failedSchema = z.object({ type: z.literal("fail"), series: z.enum(series), n: z.int(), at: z.number(), error: z.string() });

/** `from <= n <= to` */
const rangeSchema = z.tuple([z.int(), z.int()]);
export type Range = z.infer<typeof rangeSchema>;

/** The last word: what the database has of this run, once every write has ended. */
export const endSchema = z.object({
  type: z.literal("end"),
  present: z.record(z.enum(levels), z.array(rangeSchema)),
  /** How late the process itself was at worst: a gap of that length may be its own. */
  lateMs: z.number(),
});
export type End = z.infer<typeof endSchema>;

export const reportSchema = z.discriminatedUnion("type", [acknowledgedSchema, failedSchema, endSchema]);

/** Asks for the last word. */
export const stopWord = "stop";

/** The table that the writer fills. */
export const table = "drill_writes";

/** @param sorted ascending, each once */
export function rangesOf(sorted: readonly number[]): Range[] {
  const ranges: Range[] = [];
  for (const n of sorted) {
    const last = ranges.at(-1);
    if (last?.[1] === n - 1) last[1] = n;
    else ranges.push([n, n]);
  }
  return ranges;
}

export const isIn = (ranges: readonly Range[], n: number): boolean => ranges.some(([from, to]) => from <= n && n <= to);
