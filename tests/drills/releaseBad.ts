import { createHash } from "node:crypto";
import { canarySchema, keys } from "../../agents/documents.ts";
import { tail } from "../../make/run.ts";
import { waitFor } from "../../make/wait.ts";
import { fleetScene, reportFailures, reportOrders } from "./appServers.ts";
import { bucket } from "./bucket.ts";
import { onOk } from "./cloud.ts";
import type { Drill, DrillContext } from "./drill.ts";
import { discard, documents, onlyServes, release, releaseOk, unseen, usual } from "./releases.ts";
import type { VisitorsBundle } from "./visitors/bundle.ts";
import type { Visitors } from "./visitors/visitors.ts";

const canary = "app-1";
/** Without a machine's waiting for anything: what is refused is refused at once. */
const refusedWithinSeconds = 45;

const bundles = { noHealth: "tests/drills/bundles/noHealth.ts", neverReady: "tests/drills/bundles/neverReady.ts" };

/** Refused before anything is uploaded. */
async function withoutHealth({ figure, holds, say, restore }: DrillContext): Promise<void> {
  const bundle = await unseen(bundles.noHealth);
  restore("the bundle without /healthz", async () => discard(bundle));
  say("release of a bundle without /healthz");
  const before = await documents();
  const { code, output, seconds } = await release(bundle);
  holds("a bundle without /healthz is refused, with the reason", code !== 0 && /nothing was changed: \/healthz answered with status 404/.test(output), code === 0 ? "released" : "yes");
  figure("a bundle without /healthz is refused after", seconds, "s", { max: refusedWithinSeconds });
  holds("and nothing in the bucket has changed", await documents() === before);
}

/** What the canary is told to run is not what its name says: somebody wrote into the bucket. */
async function forged(context: DrillContext, visitors: Visitors, old: VisitorsBundle): Promise<void> {
  const { figure, holds, say, restore } = context;
  const { get, put, remove } = await bucket();
  const promised = createHash("sha256").update(`drill ${Date.now()}`).digest("hex");
  const document = await get(keys.canary);
  const undo = async (): Promise<void> => {
    await put(keys.canary, document);
    await remove(keys.app(promised));
  };
  restore("the canary document", undo);
  say(`an object whose bytes have another hash than its name, and the document that tells ${canary} to run it`);
  await put(keys.app(promised), { body: new TextEncoder().encode("not what was promised").buffer, contentType: "application/zstd" });
  const text = JSON.stringify(canarySchema.parse({ version: 1, machine: canary, app: promised }));
  const since = visitors.mark();
  await put(keys.canary, { ...document, body: new TextEncoder().encode(text).buffer });
  const said = await waitFor(async () => {
    const journal = await onOk(canary, ["journalctl", "--no-pager", "--output=cat", "--since=-2min", "-u", "quickcart-release"]);
    return journal.split("\n").find((line) => line.includes(promised) && line.includes("damaged or forged"));
  }, { what: `${canary}'s release agent to refuse it`, limitMs: 30_000, everyMs: 500 });
  figure(`${canary}'s journal says so after`, (visitors.mark() - since) / 1000, "s", { max: 30 });
  holds("it was not unpacked", said.includes("not unpacked"), said);
  await onlyServes(context, visitors, old, "with a forged bundle, every server goes on with the old version");
  await undo();
}

/** It passes the check before the upload. While the canary's gate waits for it, a second release is tried. */
async function neverReady({ figure, holds, say, restore, sabotage }: DrillContext): Promise<void> {
  const bundle = await unseen(sabotage ? undefined : bundles.neverReady);
  const second = await unseen();
  restore("the bundles", async () => { await Promise.all([bundle, second].map(discard)); });
  const { get } = await bucket();
  const base = async (): Promise<string> => new TextDecoder().decode((await get(keys.release)).body);
  const before = await base();
  say("release of a bundle that never gets ready");
  const first = release(bundle);
  await waitFor(async () => ((await documents()).includes(bundle.release) ? true : undefined), { what: "the canary document", limitMs: 60_000, everyMs: 500 });
  say("another release meanwhile");
  const other = await release(second);
  holds("a second release is refused, and says why", other.code !== 0 && /running already|lock/.test(other.output), other.code === 0 ? "released" : tail(other.output, 1));
  figure("a second release is refused after", other.seconds, "s", { max: refusedWithinSeconds });
  holds("and the documents do not name it", !(await documents()).includes(second.release));
  const { code, output, seconds } = await first;
  holds("the release of what never gets ready fails", code !== 0);
  const why = output.split("\n").find((line) => /not ready within \d+ s: \/healthz answered with status 503/.test(line));
  holds(`it names ${canary} and says why`, why !== undefined && output.includes(canary), why?.trim() ?? tail(output, 1));
  figure("it fails after", seconds, "s", { max: 120 });
  holds("the other servers were never told", await base() === before);
}

export const releaseBad: Drill = {
  name: "release-bad",
  promise: "a version that is no good never serves: the old one goes on, no request fails, and the release says why; a second release while one runs is refused",
  minutes: 7,
  suite: "nightly",
  where: "cloud",
  app: "visitors",
  sabotage: "the bundle that never gets ready is a good one",
  async run(context) {
    const { figure, holds, restore } = context;
    const { visitors } = await fleetScene(context);
    const old = await usual();
    restore("the visitors' app", async () => releaseOk(old));
    const begun = visitors.mark();
    await withoutHealth(context);
    await forged(context, visitors, old);
    await neverReady(context);
    await onlyServes(context, visitors, old, "after the failed release, every server goes on with the old version");
    const { code, output, seconds } = await release(old);
    holds("one more release, and all is well", code === 0, code === 0 ? "yes" : tail(output, 15));
    figure("back to the good state", seconds, "s", { max: 30 });
    await onlyServes(context, visitors, old, "in the end, every server answers with the old version");
    reportFailures(context, visitors, begun);
    await reportOrders(context, visitors);
  },
};
