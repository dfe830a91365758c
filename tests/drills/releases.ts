import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Finished, root, run, tail } from "../../make/run.ts";
import { keys } from "../../agents/documents.ts";
import { appServers } from "./appServers.ts";
import { bucket } from "./bucket.ts";
import type { DrillContext } from "./drill.ts";
import { type VisitorsBundle, visitorsBundle } from "./visitors/bundle.ts";
import type { Visitors } from "./visitors/visitors.ts";

/** What the drills of releases have in common. */

const minute = 60_000;

export interface Released extends Finished {
  seconds: number;
}

/** `make release BUNDLE=...` */
export async function release({ path }: VisitorsBundle): Promise<Released> {
  const started = performance.now();
  // Whoever releases does so from a machine of their own.
  const finished = await run(process.execPath, [join(root, "make", "release.ts"), "--bundle", path], { limitMs: 5 * minute, weighty: true });
  return { ...finished, seconds: (performance.now() - started) / 1000 };
}

export async function releaseOk(bundle: VisitorsBundle): Promise<void> {
  const { code, output } = await release(bundle);
  if (code !== 0) throw new Error(`the release failed (exit code ${code}):\n${tail(output, 25)}`);
}

/** What the site runs while visitors are there. */
export const usual = async (): Promise<VisitorsBundle> => await visitorsBundle("1");

/** One that no machine has seen. */
export async function unseen(entry?: string): Promise<VisitorsBundle> {
  return await visitorsBundle(`drill-${Date.now().toString(36)}`, entry);
}

/** Bundles are large, and those of drills are of use once. */
export async function discard({ path }: VisitorsBundle): Promise<void> {
  await rm(dirname(path), { recursive: true, force: true });
}

/** Both documents that tell app servers what to run, as they are in the bucket. */
export async function documents(): Promise<string> {
  const { get } = await bucket();
  const texts = await Promise.all([keys.canary, keys.release].map(async (key) => new TextDecoder().decode((await get(key)).body)));
  return texts.join(" ");
}

/** Longer than a slow answer takes: what another version still had to say when it was told to end has been said. */
const lastWordsMs = 4_000;
/** In which every server answers somebody, even where the visitors' own process stands still for half a second. */
const seenMs = 3_000;

/** From now on every server answers, all with this version. */
export async function onlyServes({ holds }: DrillContext, visitors: Visitors, { release: version }: VisitorsBundle, what: string): Promise<void> {
  const since = visitors.mark();
  await visitors.answering({ since, forMs: lastWordsMs + seenMs, limitMs: 30_000 });
  const seen = visitors.parties.filter(({ lastAt }) => lastAt > since + lastWordsMs);
  const servers = new Set(seen.map(({ server }) => server));
  holds(what, seen.every((party) => party.release === version) && servers.size === (await appServers()).length, seen.map((party) => `${party.server}: ${party.release.slice(0, 8)}`).sort().join(", "));
}
