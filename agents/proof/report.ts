/** What the proof tells: a report for people, metrics for the exporter of the machine. */
import { join } from "node:path";
import * as z from "zod";
import { type Metric, metricsText, writeMetrics } from "../backup/metrics.ts";
import { readIfThere, writeAtomically } from "../files.ts";
import { parseDocument } from "../follow.ts";
import { rtoSeconds } from "./compare.ts";

const proofSchema = z.object({
  label: z.string(),
  bytes: z.number(),
  tables: z.number(),
  /** As of when the database came back. */
  reached: z.iso.datetime(),
  rpoSeconds: z.number(),
  copySeconds: z.number(),
  replaySeconds: z.number(),
  checkSeconds: z.number(),
  megabytesPerSecond: z.number(),
  /** Of the largest database that would be back in time. */
  largestBytes: z.number(),
  /** Of the largest database that this machine's disk could take. */
  roomBytes: z.number(),
});
export type Proof = z.infer<typeof proofSchema>;

export const reportSchema = z.object({
  version: z.literal(1),
  at: z.iso.datetime(),
  /** As systemd names this start of the unit. */
  run: z.string(),
  ok: z.boolean(),
  /** Each a sentence; none: the backup restores. */
  wrong: z.array(z.string()),
  /** Each a sentence about what will be wrong one day. */
  alarms: z.array(z.string()),
  /** Null: it did not come that far. */
  proof: proofSchema.nullable(),
});
export type Report = z.infer<typeof reportSchema>;

/** Where a report is, beside the data of the throwaway. */
const fileIn = (folder: string): string => join(folder, "report.json");

/** The last one; null: there is none that could be read. */
export async function lastReport(folder: string): Promise<Report | null> {
  const text = await readIfThere(fileIn(folder));
  if (text === null) return null;
  try {
    return parseDocument(reportSchema, text);
  } catch {
    return null;
  }
}

/** @param metricsFolder where the exporter looks, unless told */
export async function publish(folder: string, report: Report, metricsFolder?: string): Promise<void> {
  await writeAtomically(fileIn(folder), `${JSON.stringify(report, null, 2)}\n`);
  await writeMetrics("quickcart_proof", metricsText(metricsOf(report)), metricsFolder);
}

/** Pure. */
export function metricsOf({ ok, at, alarms, proof }: Report): Metric[] {
  const figures = proof === null ? [] : [
    { name: "quickcart_proof_rpo_seconds", help: "What would have been lost, had everything been gone when the proof began.", value: proof.rpoSeconds },
    { name: "quickcart_proof_copy_seconds", help: "For the backup's files to be there.", value: proof.copySeconds },
    { name: "quickcart_proof_replay_seconds", help: "From there to a database that takes writes.", value: proof.replaySeconds },
    { name: "quickcart_proof_bytes_per_second", help: "The pace of copying.", value: proof.megabytesPerSecond * 1e6 },
    { name: "quickcart_proof_database_bytes", help: "What was restored.", value: proof.bytes },
    { name: "quickcart_proof_largest_database_bytes", help: `The largest database that would be back within ${rtoSeconds} s.`, value: proof.largestBytes },
    { name: "quickcart_proof_room_bytes", help: "The largest database that this machine's disk could take for a proof.", value: proof.roomBytes },
  ];
  return [
    { name: "quickcart_proof_ok", help: "Whether the newest backup restores to what it was. Alarm when it is not 1.", value: ok ? 1 : 0 },
    { name: "quickcart_proof_timestamp_seconds", help: "When that was last tried. Alarm when it is older than 8 days.", value: Date.parse(at) / 1000 },
    { name: "quickcart_proof_alarms", help: "Limits of which the database fills 80 %: the time to be back, this machine's disk. Alarm when it is not 0.", value: alarms.length },
    ...figures,
  ];
}
