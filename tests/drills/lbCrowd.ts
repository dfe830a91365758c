import { tell } from "../../localcloud/client.ts";
import { startCrowd } from "./crowd/crowd.ts";
import type { Drill } from "./drill.ts";
import { bothServe, otherThan, powerOn, reportVisitors, scene, stopAgents } from "./loadBalancers.ts";
import { now } from "./visitors/clock.ts";

const clients = 5_000;

export const lbCrowd: Drill = {
  name: "lb-crowd",
  promise: "of 5,000 clients connected to a load balancer that loses power, the last is answered again within 5 s of the address's move",
  minutes: 4,
  suite: "nightly",
  where: "cloud",
  app: "visitors",
  sabotage: "the other load balancer's agent is stopped: nobody claims the address",
  async run(context) {
    const { figure, say, restore, sabotage } = context;
    // Next to nobody else: the crowd wants the processors.
    const { site, visitors, carrier } = await scene(context, { rate: 20, probeEveryMs: 1_000 });
    if (sabotage) await stopAgents(context, [otherThan(carrier)]);
    const crowd = startCrowd(site, clients);
    restore("the crowd", async () => crowd.end());
    say(`${clients} clients connect to ${carrier}`);
    await crowd.gathered(120_000);
    const [handshakes, resumed, refused] = [crowd.sum("handshakes"), crowd.sum("resumed"), crowd.sum("refused")];
    const lost = visitors.mark();
    await tell("power", { machine: carrier, change: "loss" });
    crowd.event();
    say(`power loss of ${carrier}`);
    const { firstAnswerAt, lastAnswerAt } = await crowd.answeredAgain(60_000);
    figure("from the loss to the first client's answer", (firstAnswerAt - lost) / 1000, "s", { max: 1.3 });
    figure("from the move to the last client's answer", (lastAnswerAt - firstAnswerAt) / 1000, "s", { max: 5 });
    // A first answer that is late must not flatter the figure above.
    figure("from the loss to the last client's answer", (lastAnswerAt - lost) / 1000, "s", { max: 6.3 });
    figure("clients answered again", clients - crowd.sum("waiting"), "count", { min: clients });
    figure("handshakes", crowd.sum("handshakes") - handshakes, "count", { min: 1 });
    figure("of these resumed a session of the other load balancer", crowd.sum("resumed") - resumed, "count", { min: 1 });
    figure("answers that were none: the app servers had no room", crowd.sum("refused") - refused, "count");
    say(`answered again after ${((now() - lost) / 1000).toFixed(1)} s`);
    await crowd.end();
    await reportVisitors(context, visitors);
    await powerOn();
    await bothServe(site);
  },
};
