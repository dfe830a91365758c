import type { Input } from "../../localcloud/operations.ts";
import { tell } from "../../localcloud/client.ts";
import { paths } from "../../agents/lb/paths.ts";
import { fleetScene, fleetServes, reportFailures, reportOrders } from "./appServers.ts";
import { type Outage, whileAway } from "./away.ts";
import { onOk } from "./cloud.ts";
import type { Drill, DrillContext } from "./drill.ts";
import { bothServe, otherThan, type LoadBalancer } from "./loadBalancers.ts";

const canary = "app-1";
const rebooted = "app-2";

const refusing = (fault: Input<"storageFault">["fault"]): Outage => ({
  begin: async () => tell("storageFault", { fault }), end: async () => tell("storageFault", { fault: "none" }),
});

/** Removes what a load balancer knows of its servers, so that it has to start from nothing. */
async function forget(name: LoadBalancer, { restore }: DrillContext): Promise<void> {
  restore(`${name}'s HAProxy`, async () => { await onOk(name, ["systemctl", "restart", "quickcart-lb", "haproxy"]); });
  await onOk(name, ["sh", "-ec", `systemctl stop quickcart-lb; rm -f ${paths.serverLines} ${paths.serversState} /var/lib/quickcart/lb/topology.json; systemctl start quickcart-lb; systemctl restart haproxy`]);
}

export const storageDown: Drill = {
  name: "storage-down",
  promise: "while the object storage is away, agents restart, HAProxy restarts and an app server reboots with what they knew last, and no request fails",
  minutes: 5,
  suite: "nightly",
  where: "cloud",
  app: "visitors",
  sabotage: "the load balancers do not keep what they know",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { site, visitors, carrier } = await fleetScene(context);
    const other = otherThan(carrier);
    restore("the object storage", async () => { await tell("storageFault", { fault: "none" }); });
    const begun = visitors.mark();
    for (const fault of ["refused", "unavailable"] as const) {
      say(`the object storage is away (${fault}): ${carrier}'s agent and ${canary}'s release agent restart, ${other}'s HAProxy is restarted and ${carrier}'s reloaded, ${rebooted} reboots`);
      await whileAway(refusing(fault), visitors, async () => {
        if (sabotage) for (const name of [carrier, other]) await forget(name, context);
        await onOk(carrier, ["systemctl", "restart", "quickcart-lb"]);
        await onOk(canary, ["systemctl", "restart", "quickcart-release"]);
        await onOk(other, ["systemctl", "restart", "haproxy"]);
        await onOk(carrier, ["systemctl", "reload", "haproxy"]);
        await tell("power", { machine: rebooted, change: "reboot" });
        // Without the storage: from its own disk.
        await fleetServes();
      });
    }
    const back = visitors.mark();
    holds("the address has not moved", await bothServe(site) === carrier, carrier);
    await fleetServes();
    figure("everything as before after", (visitors.mark() - back) / 1000, "s");
    figure("worst client gap", visitors.worstGapMs("probe", begun) / 1000, "s", { max: 1 });
    reportFailures(context, visitors, begun);
    await reportOrders(context, visitors);
  },
};
