/** What a drill and its client on an app server tell each other: one schema for both ends. */
import * as z from "zod";

export const startSchema = z.object({
  /** Of each lane and kind, in milliseconds. */
  everyMs: z.int().min(1),
  /** The only node that is written to, without following anybody elsewhere: a client beside an isolated master. null: the cluster. */
  pinnedTo: z.string().nullable(),
  /** Writes count as waited for although nobody waited: what a drill of lost writes must notice. */
  pretend: z.boolean(),
  /** Part of every key: two clients never write the same. */
  run: z.string().regex(/^[a-z0-9-]+$/),
});
export type Start = z.infer<typeof startSchema>;

/** `plain`: acknowledged by the master. `waited`: by its replica, too (WAIT). */
export const kinds = ["plain", "waited"] as const;
export type Kind = (typeof kinds)[number];

const laneSchema = z.object({
  /** Address of the master that had these slots when the client started. */
  master: z.string(),
  acknowledged: z.number(),
  refused: z.number(),
  /** Longest time without an acknowledged write so far, the one that goes on included. */
  gapMs: z.number(),
  lastError: z.string().nullable(),
});
export type Lane = z.infer<typeof laneSchema>;

export const tickSchema = z.object({
  type: z.literal("tick"),
  lanes: z.array(laneSchema),
  /** How late the process itself was at worst: a gap of that length may be its own. */
  lateMs: z.number(),
});
export type Tick = z.infer<typeof tickSchema>;

export const verdictSchema = z.object({
  type: z.literal("verdict"),
  /** Acknowledged keys, and those of them that are not there, or hold something else. */
  plain: z.object({ acknowledged: z.number(), lost: z.number() }),
  waited: z.object({ acknowledged: z.number(), lost: z.number() }),
});
export type Verdict = z.infer<typeof verdictSchema>;

/** The answer to `fill`, `read` and `empty`. */
export const doneSchema = z.object({ type: z.literal("done"), count: z.number() });
export type Done = z.infer<typeof doneSchema>;

export const saidSchema = z.discriminatedUnion("type", [tickSchema, verdictSchema, doneSchema]);

/** What the drill says, a line each, `start` first. */
export const orderSchema = z.discriminatedUnion("do", [
  z.object({ do: z.literal("start"), start: startSchema }),
  /** Gaps begin anew. */
  z.object({ do: z.literal("reset") }),
  z.object({ do: z.literal("stop") }),
  /** Answered by the verdict. */
  z.object({ do: z.literal("verify") }),
  /** Large values into the slots that this master had at the start, until it refuses, or so many bytes; answered by how many. */
  z.object({ do: z.literal("fill"), master: z.string(), bytes: z.number() }),
  /** Answered by how many of them are not there. */
  z.object({ do: z.literal("read") }),
  /** Takes them away again. */
  z.object({ do: z.literal("empty") }),
]);
export type Order = z.infer<typeof orderSchema>;
