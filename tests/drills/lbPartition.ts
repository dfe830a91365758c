import { setTimeout as pause } from "node:timers/promises";
import { tell } from "../../localcloud/client.ts";
import { ports } from "../../components/ports.ts";
import type { Drill } from "./drill.ts";
import { bothServe, reportVisitors, scene } from "./loadBalancers.ts";
import { moves, movesSince } from "./site.ts";

const cutSeconds = 20;

export const lbPartition: Drill = {
  name: "lb-partition",
  promise: "while the load balancers do not hear each other, the site stays up and the address moves at most twice",
  minutes: 2,
  suite: "nightly",
  where: "cloud",
  app: "visitors",
  sabotage: "nothing at all passes between the two, so that neither sees that the other serves",
  async run(context) {
    const { figure, say, restore, sabotage } = context;
    const { site, visitors } = await scene(context);
    const before = await moves(site);
    restore("the network between the load balancers", async () => { await tell("heal", { machine: "lb-1" }); });
    const only = sabotage ? null : { protocol: "udp" as const, port: ports.vxlan.from };
    const cut = visitors.mark();
    say(`${only === null ? "everything" : `udp ${only.port}`} between lb-1 and lb-2 cut for ${cutSeconds} s`);
    await tell("partition", { from: "lb-1", to: "lb-2", only });
    // Not a wait for anything: two that fought over the address would do so all the time.
    await pause(cutSeconds * 1000);
    figure("moves while they are cut off", await movesSince(site, before), "count", { max: 2 });
    const healed = visitors.mark();
    await tell("heal", { machine: "lb-1" });
    await visitors.answering({ since: healed, limitMs: 20_000 });
    await bothServe(site);
    figure("moves until they have found each other", await movesSince(site, before), "count", { max: 2 });
    figure("worst client gap", visitors.worstGapMs("probe", cut) / 1000, "s", { max: 1 });
    await reportVisitors(context, visitors);
  },
};
