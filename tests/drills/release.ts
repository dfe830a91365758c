import { tail } from "../../make/run.ts";
import { appServers, fleetScene, ignoreHealth, reportFailures, reportOrders } from "./appServers.ts";
import type { Drill, DrillContext } from "./drill.ts";
import { discard, onlyServes, release, releaseOk, unseen, usual } from "./releases.ts";
import type { VisitorsBundle } from "./visitors/bundle.ts";
import type { Visitors } from "./visitors/visitors.ts";

/** From its first good answer to the others' the canary has served for so long, in seconds. */
const canaryAlone = 2;

/** @param bundle that no server has ever answered with */
async function releaseAndMeasure(context: DrillContext, visitors: Visitors, bundle: VisitorsBundle): Promise<void> {
  const { figure, holds, say } = context;
  const servers = await appServers();
  say(`release of ${bundle.release}`);
  const { code, output, seconds } = await release(bundle);
  holds("the release succeeds", code === 0, code === 0 ? "yes" : tail(output, 15));
  figure(`a new version on all ${servers.length} servers`, seconds, "s", { max: 30 });
  await onlyServes(context, visitors, bundle, "every server answers with the new version, and with nothing else");
  const firstOf = (server: string): number => visitors.parties.find((party) => party.server === server && party.release === bundle.release)?.firstAt ?? NaN;
  const [canary = "", ...others] = servers;
  figure(`${canary} served it before the others for`, (Math.min(...others.map(firstOf)) - firstOf(canary)) / 1000, "s", { min: canaryAlone });
}

export const releaseUnnoticed: Drill = {
  name: "release",
  promise: "a new version is on all app servers within 30 s, the canary first, and no request fails, orders and slow answers included",
  minutes: 1.5,
  suite: "ci",
  where: "cloud",
  app: "visitors",
  sabotage: "the load balancers do not look at health: they never learn that another slot serves",
  async run(context) {
    const { restore, sabotage } = context;
    const { visitors } = await fleetScene(context);
    if (sabotage) await ignoreHealth(context, await appServers());
    const begun = visitors.mark();
    const old = await usual();
    restore("the visitors' app", async () => releaseOk(old));
    const next = await unseen();
    restore("the bundle", async () => discard(next));
    await releaseAndMeasure(context, visitors, next);
    reportFailures(context, visitors, begun);
    await reportOrders(context, visitors);
  },
};
