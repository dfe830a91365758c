import { tell } from "../../localcloud/client.ts";
import type { Drill } from "./drill.ts";
import { bothServe, reportVisitors, scene } from "./loadBalancers.ts";
import { moves, movesSince } from "./site.ts";

const stallMs = 600;
const rounds = 4;

export const lbStall: Drill = {
  name: "lb-stall",
  promise: "a load balancer that stands still for 600 ms, as a virtual machine does when its host is moved under it, keeps the address",
  minutes: 2,
  suite: "nightly",
  where: "cloud",
  app: "visitors",
  sabotage: "it stands still for 3 s",
  async run(context) {
    const { figure, holds, say, sabotage } = context;
    const { site, visitors, carrier } = await scene(context);
    const before = await moves(site);
    const milliseconds = sabotage ? 3_000 : stallMs;
    let longest = 0;
    const begun = visitors.mark();
    for (let round = 1; round <= rounds; round++) {
      const stalled = visitors.mark();
      longest = Math.max(longest, (await tell("stall", { machine: carrier, milliseconds })).milliseconds);
      await visitors.answering({ since: stalled, forMs: 2_000, limitMs: 20_000 });
      say(`${carrier} frozen, ${round} of ${rounds}: gap ${(visitors.worstGapMs("probe", stalled) / 1000).toFixed(2)} s`);
    }
    figure(`longest of ${rounds} stalls`, longest / 1000, "s", { min: stallMs / 1000 });
    figure("moves of the address", await movesSince(site, before), "count", { max: 0 });
    figure("worst client gap", visitors.worstGapMs("probe", begun) / 1000, "s", { max: 1.5 });
    holds("the same load balancer still holds the address", await bothServe(site) === carrier);
    await reportVisitors(context, visitors);
  },
};
