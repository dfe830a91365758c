import { z } from "zod";
import { targetSchema } from "../visitors/messages.ts";

export const startSchema = z.object({
  type: z.literal("start"),
  target: targetSchema,
  clients: z.int().min(1),
  /** Milliseconds between a client's requests, on average. */
  everyMs: z.int().min(1),
});
export type Start = z.infer<typeof startSchema>;

/** Something has happened: every client asks within `spreadMs`, and is awaited until it has been answered. */
export const eventSchema = z.object({ type: z.literal("event"), number: z.int().min(1), spreadMs: z.int().min(0) });
export type CrowdEvent = z.infer<typeof eventSchema>;

export const orderSchema = z.discriminatedUnion("type", [startSchema, eventSchema]);

export const tickSchema = z.object({
  /** The last event that this process has heard of; 0 before the first. */
  event: z.number(),
  connected: z.number(),
  answers: z.number(),
  /** Answers with another status than 200. */
  refused: z.number(),
  /** Connections that ended, whatever the reason. */
  lost: z.number(),
  handshakes: z.number(),
  /** Of these, continued a session and spared the server its signature. */
  resumed: z.number(),
  /** Clients that have not been answered since the last event; before it all that were never answered. */
  waiting: z.number(),
  /** First and latest of the answers that clients were waiting for. */
  firstAnswerAt: z.number().nullable(),
  lastAnswerAt: z.number().nullable(),
});
export type CrowdTick = z.infer<typeof tickSchema>;
