import { text } from "node:stream/consumers";
import { createSecureContext } from "node:tls";
import { z } from "zod";
import { rounds } from "../statistics.ts";
import { cpuSeconds, prefer } from "./cpu.ts";
import { handshakes } from "./handshakes.ts";
import { keepAlive1 } from "./http1.ts";
import { keepAlive2 } from "./http2.ts";

/** One load for several load balancers by turns. */
export const orderSchema = z.strictObject({
  load: z.enum(["h1", "h2", "new", "resumed"]),
  /** Of the answers' bodies. */
  bytes: z.int().positive(),
  /** Requests under way at a time. */
  visitors: z.int().positive(),
  /** How long each is asked in a round: short, so that what else the host does hits all of them alike. */
  turnMs: z.int().positive(),
  /** The first ones are not counted: code and caches get warm. */
  warmUpRounds: z.int().nonnegative(),
  rounds: z.int().positive(),
  hostName: z.string(),
  /** PEM: who may have signed the site's certificate. */
  ca: z.string(),
  /** On 127.0.0.1; and whose CPU time counts: HAProxy's, and that of whoever does part of its work. */
  targets: z.array(z.strictObject({ port: z.int().positive(), pids: z.array(z.int().positive()).min(1) })).min(1),
});
export type Order = z.infer<typeof orderSchema>;

const sampleSchema = z.strictObject({ answers: z.int(), cpuSeconds: z.number(), seconds: z.number() });
export type Sample = z.infer<typeof sampleSchema>;
/** For each target a sample each round. */
export const measuredSchema = z.array(z.array(sampleSchema));

const loads = { h1: keepAlive1, h2: keepAlive2, new: handshakes(false), resumed: handshakes(true) };

async function measure({ load, visitors: many, ...order }: Order): Promise<Sample[][]> {
  const context = createSecureContext({ ca: order.ca, minVersion: "TLSv1.3" });
  const { bytes, hostName } = order;
  const measured = order.targets.map(({ port, pids }) => ({
    pids, samples: [] as Sample[], visitors: loads[load]({ port, hostName, bytes, path: `/${bytes}`, context }, many),
  }));
  for (const { visitors } of measured) await visitors.ready;
  for (const { round, item: { visitors, pids, samples } } of rounds(order.warmUpRounds + order.rounds, measured)) {
    const before = { answers: visitors.answers, cpu: cpuSeconds(pids), at: performance.now() };
    await visitors.turn(order.turnMs);
    const sample = { answers: visitors.answers - before.answers, cpuSeconds: cpuSeconds(pids) - before.cpu, seconds: (performance.now() - before.at) / 1000 };
    if (round >= order.warmUpRounds) samples.push(sample);
  }
  return measured.map(({ samples }) => samples);
}

if (import.meta.main) {
  prefer([process.pid]);
  const order = orderSchema.parse(JSON.parse(await text(process.stdin)));
  process.stdout.write(`${JSON.stringify(await measure(order))}\n`);
  // Its connections would keep it.
  process.exit(0);
}
