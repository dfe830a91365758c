import { tell } from "../../localcloud/client.ts";
import type { Fault } from "../../localcloud/api/http/faults.ts";
import { fleetScene, fleetServes, lossOf, reportLoss, reportOrders } from "./appServers.ts";
import { type Outage, whileAway } from "./away.ts";
import { onOk } from "./cloud.ts";
import type { Drill } from "./drill.ts";
import { bothServe, names, otherThan, powerOn } from "./loadBalancers.ts";
import { moves, movesSince } from "./site.ts";

const victim = "app-2";
/** As app-power promises. */
const outAfterMs = 2_000;

const failing = (fault: Fault): Outage => ({ begin: async () => tell("apiFault", fault), end: async () => tell("apiHeal", {}) });

export const apiDown: Drill = {
  name: "api-down",
  promise: "while the cloud's API fails for a minute, agents restart, HAProxy reloads, the backup load balancer reboots and an app server dies, the site stays up",
  minutes: 5,
  suite: "nightly",
  where: "cloud",
  app: "visitors",
  sabotage: "it is the holder of the address that reboots: without the API nobody else can have it",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { site, visitors, carrier } = await fleetScene(context);
    const before = await moves(site);
    restore("the API", async () => { await tell("apiHeal", {}); });
    const restartAgents = async (): Promise<void> => {
      for (const name of names) await onOk(name, ["systemctl", "restart", "quickcart-lb"]);
    };

    const begun = visitors.mark();
    say(`the API answers 503: the agents restart, ${carrier}'s HAProxy reloads, ${victim} loses power`);
    let struck = begun;
    let done = begun;
    await whileAway(failing({ kind: "status", status: 503 }), visitors, async () => {
      await restartAgents();
      await onOk(carrier, ["systemctl", "reload", "haproxy"]);
      struck = visitors.mark();
      await tell("power", { machine: victim, change: "loss" });
      done = visitors.mark();
    });
    const loss = lossOf(victim, visitors, done);
    const rebooted = sabotage ? carrier : otherThan(carrier);
    say(`the API does not answer at all: ${rebooted} reboots, the agents restart, ${carrier}'s HAProxy reloads`);
    await whileAway(failing({ kind: "hang" }), visitors, async () => {
      await tell("power", { machine: rebooted, change: "reboot" });
      await restartAgents();
      await onOk(carrier, ["systemctl", "reload", "haproxy"]);
    });
    const healed = visitors.mark();
    figure("the API was away for", (healed - begun) / 1000, "s", { min: 60 });

    say("the API is back; and so is the app server");
    holds("the same load balancer holds the address", await bothServe(site) === carrier, carrier);
    await powerOn();
    await fleetServes();
    figure("everything as before after", (visitors.mark() - healed) / 1000, "s");
    figure("moves of the address", await movesSince(site, before), "count", { max: 0 });
    figure("worst client gap", visitors.worstGapMs("probe", begun) / 1000, "s", { max: 1 });
    figure("worst gap of the visitors", visitors.worstGapMs("visitors", begun) / 1000, "s", { max: 1 });
    await reportLoss(context, visitors, loss, struck + outAfterMs);
    await reportOrders(context, visitors, { loses: true });
  },
};
