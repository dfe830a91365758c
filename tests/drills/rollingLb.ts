import { onStackOk } from "../../make/stack.ts";
import { waitFor } from "../../make/wait.ts";
import { droplets, onOk } from "./cloud.ts";
import type { Drill, DrillContext } from "./drill.ts";
import { bothServe, type LoadBalancer, names, otherThan, reportVisitors, scene, type Scene, stopAgents } from "./loadBalancers.ts";
import { holder, moves, movesSince } from "./site.ts";
import { visitorsSettings } from "./visitors/install.ts";

const minutes = 4;

const replaceBoth = names.flatMap((name) => ["--replace", `**digitalocean:index/droplet:Droplet::${name}`]);

/** The first to be replaced holds the address, so that it moves twice. */
async function giveTo(wanted: LoadBalancer, { site, visitors }: Scene, { restore }: DrillContext): Promise<void> {
  if (await holder(site) === wanted) return;
  const other = otherThan(wanted);
  restore(`${other}'s willingness to serve`, async () => { await onOk(other, ["quickcart-lb", "return"]); });
  const asked = visitors.mark();
  await onOk(other, ["quickcart-lb", "leave"]);
  await waitFor(async () => ((await holder(site)) === wanted ? true : undefined), { what: `${wanted} to take the address`, limitMs: 20_000, everyMs: 500 });
  await onOk(other, ["quickcart-lb", "return"]);
  await bothServe(site);
  await visitors.answering({ since: asked, limitMs: 20_000 });
}

const ids = async (): Promise<number[]> => (await droplets()).filter(({ name }) => names.some((one) => one === name)).map(({ id }) => id);

export const rollingLb: Drill = {
  name: "rolling-lb",
  promise: "one `pulumi up` replaces both load balancers, one after the other, and clients wait at most 3 s",
  minutes,
  suite: "nightly",
  where: "cloud",
  app: "visitors",
  sabotage: "the second load balancer's agent is stopped: it does not take the address from the first, which leaves",
  async run(context) {
    const { figure, holds, say, sabotage } = context;
    const stage = await scene(context, { rate: 50 });
    const { site, visitors } = stage;
    await giveTo("lb-1", stage, context);
    if (sabotage) await stopAgents(context, ["lb-2"]);
    const [old, before] = [await ids(), await moves(site)];
    say("pulumi up, both load balancers to be replaced");
    const begun = visitors.mark();
    // The program's own order applies, whatever the reason; and there is nothing to undo afterwards.
    await onStackOk("up", { limitMs: minutes * 60_000, args: replaceBoth, config: await visitorsSettings() });
    figure("pulumi up took", (visitors.mark() - begun) / 1000, "s");
    await visitors.answering({ since: visitors.mark(), limitMs: 20_000 });
    figure("worst client gap", visitors.worstGapMs("probe", begun) / 1000, "s", { max: 3 });
    figure("worst gap of the visitors", visitors.worstGapMs("visitors", begun) / 1000, "s", { max: 3 });
    figure("moves of the address", await movesSince(site, before), "count", { min: 1, max: 2 });
    const now = await ids();
    holds("both are other machines than before", now.length === 2 && now.every((id) => !old.includes(id)), `droplets ${old.join(", ")}, now ${now.join(", ")}`);
    await bothServe(site);
    await reportVisitors(context, visitors);
  },
};
