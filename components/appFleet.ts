import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { type CloudTier } from "./cloud/cloud.ts";
import { type Database } from "./database.ts";
import { Machine, type SiteArgs } from "./machine.ts";
import { type RedisCluster } from "./redisCluster.ts";

export interface AppFleetArgs {
  readonly site: SiteArgs;
  readonly tier: CloudTier;
  readonly database: Database;
  readonly redis: RedisCluster;
}

/** Explicit, private app servers `app-1` to `app-n`. The cloud's own pools would be public (their plugin cannot say otherwise). */
export class AppFleet extends ComponentResource {
  readonly machines: readonly Machine[];

  constructor(name: string, { site, tier, database, redis }: AppFleetArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:AppFleet", name, {}, opts);
    const { app, egress } = site.settings;
    this.machines = numbers(app.count).map((number) => new Machine(`${name}-${String(number)}`, {
      site, tier, role: { tier: "app", egress, port: app.port, database: database.access, redis: redis.access }, size: app.size, publicInterface: false,
      // They hold nothing, so the new ones can stand before the old ones go.
      replacement: "newFirst", shutsDownFirst: true, after: [],
    }, { parent: this }));
    this.registerOutputs({});
  }
}

/** A machine's number is its identity: a smaller fleet loses the last ones, a larger one keeps all it had. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
