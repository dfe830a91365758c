/** After the proof's unit failed, for whatever reason: nobody must take last week's figures for this week's. */
import { removeCopy } from "./instance.ts";
import { lastReport, publish, type Report } from "./report.ts";
import type { Failure } from "./settings.ts";

/** Which is the proof's own, if it came to write one. Pure. */
export function reportOf({ run, result }: Omit<Failure, "state">, last: Report | null, now: Date): Report {
  if (last?.run === run) return last;
  return { version: 1, at: now.toISOString(), run, ok: false, wrong: [`the proof was ended before it could say anything (systemd: ${result})`], alarms: [], proof: null };
}

/** @returns what is wrong, each a sentence */
export async function afterFailure(failure: Failure): Promise<readonly string[]> {
  // All of its processes are gone, and nobody else removes a copy of everything.
  await removeCopy(failure.state);
  const last = await lastReport(failure.state);
  const report = reportOf(failure, last, new Date());
  if (report !== last) await publish(failure.state, report);
  return report.wrong;
}
