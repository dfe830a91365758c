import { z } from "zod";
import { tell } from "../../localcloud/client.ts";
import { waitFor } from "../../make/wait.ts";
import { address, droplets, onOk } from "./cloud.ts";
import type { DrillContext } from "./drill.ts";
import { holder, readSite } from "./site.ts";
import type { Target } from "./visitors/messages.ts";
import { freshAgent, makeAsk } from "./visitors/requests.ts";
import { type Options, startVisitors, type Visitors } from "./visitors/visitors.ts";

/** What the drills of the load balancers have in common. */

export const names = ["lb-1", "lb-2"] as const;
export type LoadBalancer = (typeof names)[number];

export const otherThan = (name: LoadBalancer): LoadBalancer => (name === "lb-1" ? "lb-2" : "lb-1");

const statusSchema = z.object({
  /** null before keepalived has said so. */
  vrrp: z.string().nullable(),
  leaving: z.boolean(),
});
type Status = z.infer<typeof statusSchema>;

/** What a load balancer says of itself. */
export async function statusOf(name: LoadBalancer): Promise<Status> {
  return statusSchema.parse(JSON.parse(await onOk(name, ["quickcart-lb", "status"])));
}

/** The page by way of one load balancer, whether or not it holds the floating address. */
async function servesItself(name: LoadBalancer, site: Target): Promise<void> {
  const droplet = (await droplets()).find((one) => one.name === name);
  const own = droplet && address(droplet, "public");
  if (!own) throw new Error(`${name} is no droplet with a public address`);
  const agent = freshAgent();
  const outcome = await makeAsk({ ...site, address: own }, agent)({ method: "GET", path: "/", limitMs: 5_000 });
  agent.destroy();
  if (!outcome.ok) throw new Error(`${name} does not serve the page: ${outcome.error}`);
}

/**
 * Waits until both load balancers serve the page, one is VRRP's master and the other its backup, and one of them holds
 * the floating address: the state in which the loss of either one is a failover. Answers who holds it.
 */
export async function bothServe(site: Target, limitMs = 90_000): Promise<LoadBalancer> {
  return await waitFor(async () => {
    const statuses = await Promise.all(names.map(async (name) => {
      await servesItself(name, site);
      return { name, ...await statusOf(name) };
    }));
    const roles = statuses.map(({ vrrp }) => vrrp ?? "unknown").sort().join(" and ");
    if (roles !== "BACKUP and MASTER") throw new Error(`they are ${roles}`);
    const leaving = statuses.find((status) => status.leaving);
    if (leaving) throw new Error(`${leaving.name} is leaving`);
    const at = await holder(site);
    const carrier = names.find((name) => name === at);
    if (!carrier) throw new Error(`the floating address leads to ${at ?? "nobody"}`);
    return carrier;
  }, { what: "both load balancers to serve", limitMs, everyMs: 1_000 });
}

/** Whoever has no power gets it back. */
export async function powerOn(): Promise<void> {
  const { machines } = await tell("status", {});
  for (const { name, running } of machines) if (!running) await tell("power", { machine: name, change: "on" });
}

export interface Scene {
  site: Target;
  visitors: Visitors;
  /** Who holds the floating address. */
  carrier: LoadBalancer;
}

/** Both load balancers serve and visitors are there. After the drill, whatever became of it, both must serve again. */
export async function scene({ restore }: DrillContext, options?: Options): Promise<Scene> {
  const site = await readSite();
  const carrier = await bothServe(site);
  restore("both load balancers", async () => {
    await powerOn();
    await bothServe(site);
  });
  const visitors = startVisitors(site, options);
  restore("the visitors", async () => visitors.end());
  await visitors.flowing();
  return { site, visitors, carrier };
}

/** Nobody claims the address and nobody looks after HAProxy: what a drill of failover must notice. */
export async function stopAgents({ restore }: DrillContext, which: readonly LoadBalancer[] = names): Promise<void> {
  for (const name of which) {
    restore(`${name}'s agent`, async () => {
      await powerOn();
      await onOk(name, ["systemctl", "start", "quickcart-lb"]);
    });
    await onOk(name, ["systemctl", "stop", "quickcart-lb"]);
  }
}

/** How the visitors fared, for the reader: failures of an outage are promised by its length, not by their number. */
export async function reportVisitors({ figure }: DrillContext, visitors: Visitors): Promise<void> {
  const { counts, lateMs } = await visitors.stop();
  const sum = (which: "asked" | "failed"): number => counts.page[which] + counts.order[which] + counts.slow[which];
  figure("visitors' requests", sum("asked"), "count", { min: 1 });
  figure("of these failed", sum("failed"), "count");
  figure("the visitors' own process was late by at most", lateMs / 1000, "s");
}
