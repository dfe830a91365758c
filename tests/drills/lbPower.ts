import { tell } from "../../localcloud/client.ts";
import { actionsTake } from "./actionTime.ts";
import type { Drill, DrillContext } from "./drill.ts";
import { bothServe, otherThan, powerOn, reportVisitors, scene, type Scene, stopAgents } from "./loadBalancers.ts";
import { holder, moves, movesSince } from "./site.ts";

/** From the loss to the claim, and what a failover takes before and after it; the action's own time comes on top. */
const promisedSeconds = 1;
const patienceMs = 20_000;

interface Loss {
  gapSeconds: number;
  visitorsGapSeconds: number;
  moves: number;
}

/** One power loss of whoever holds the address, and back to the state before it. */
async function loseHolder({ site, visitors }: Scene, { say }: DrillContext, actionSeconds: number): Promise<Loss> {
  const carrier = await bothServe(site);
  const before = await moves(site);
  const lost = visitors.mark();
  await tell("power", { machine: carrier, change: "loss" });
  await visitors.answering({ since: lost, limitMs: patienceMs + actionSeconds * 1000 });
  const loss = {
    gapSeconds: visitors.worstGapMs("probe", lost) / 1000,
    visitorsGapSeconds: visitors.worstGapMs("visitors", lost) / 1000,
    moves: await movesSince(site, before),
  };
  if (await holder(site) !== otherThan(carrier)) throw new Error(`the floating address leads to ${await holder(site) ?? "nobody"}, not to ${otherThan(carrier)}`);
  say(`power loss of ${carrier}, action ${actionSeconds} s: gap ${loss.gapSeconds.toFixed(2)} s, of the visitors ${loss.visitorsGapSeconds.toFixed(2)} s`);
  await powerOn();
  await bothServe(site);
  return loss;
}

const worst = (losses: Loss[], which: keyof Loss): number => Math.max(...losses.map((loss) => loss[which]));

function reportLosses({ figure }: DrillContext, losses: Loss[], actionSeconds: number): void {
  const max = promisedSeconds + actionSeconds;
  figure(`worst client gap, address action ${actionSeconds} s`, worst(losses, "gapSeconds"), "s", { max });
  figure(`worst gap of the visitors, address action ${actionSeconds} s`, worst(losses, "visitorsGapSeconds"), "s", { max });
  figure(`most moves for one power loss, address action ${actionSeconds} s`, worst(losses, "moves"), "count", { min: 1, max: 1 });
}

export const lbPower: Drill = {
  name: "lb-power",
  promise: "when the load balancer that holds the floating address loses power, clients wait at most 1 s and the time that the address's move takes",
  minutes: 1,
  suite: "ci",
  where: "cloud",
  app: "visitors",
  sabotage: "the other load balancer's agent is stopped: nobody claims the address",
  async run(context) {
    const seconds = 0.3;
    await actionsTake(seconds, context);
    const stage = await scene(context);
    if (context.sabotage) await stopAgents(context, [otherThan(stage.carrier)]);
    const losses = [await loseHolder(stage, context, seconds), await loseHolder(stage, context, seconds)];
    reportLosses(context, losses, seconds);
    await reportVisitors(context, stage.visitors);
  },
};

export const lbPowerSeries: Drill = {
  name: "lb-power-series",
  promise: "the same ten times over, with moves of the address that take 0.3, 1.5 and 11 s",
  minutes: 15,
  suite: "nightly",
  where: "cloud",
  app: "visitors",
  sabotage: "the other load balancer's agent is stopped: nobody claims the address",
  async run(context) {
    // Few visitors: machines that boot want the processors, too.
    const stage = await scene(context, { rate: 50 });
    if (context.sabotage) await stopAgents(context, [otherThan(stage.carrier)]);
    for (const seconds of [0.3, 1.5, 11]) {
      await actionsTake(seconds, context);
      const losses: Loss[] = [];
      for (let round = 0; round < 10; round++) losses.push(await loseHolder(stage, context, seconds));
      reportLosses(context, losses, seconds);
    }
    await reportVisitors(context, stage.visitors);
  },
};
