import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi";
import { type Cloud, type CloudTier } from "./cloud/cloud.ts";
import { type Settings } from "./config.ts";
import { firewallRules } from "./firewallRules.ts";
import { type Tier } from "./accessMatrix.ts";

/** Tiers that have machines. The access matrix knows more: their firewalls come with their machines. */
export const presentTiers = ["bastion", "lb", "app", "db", "redis", "monitor"] as const satisfies readonly Tier[];
export type PresentTier = (typeof presentTiers)[number];

export interface NetworkArgs {
  readonly cloud: Cloud;
  readonly settings: Pick<Settings, "vpcCidr" | "adminCidrs" | "egress">;
}

/** The private network, each tier's firewall in front of it, and the cloud's own egress where the stack asks for it. */
export class Network extends ComponentResource {
  /** What machines join. */
  readonly tiers: Readonly<Record<PresentTier, CloudTier>>;

  constructor(name: string, { cloud, settings }: NetworkArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Network", name, {}, opts);
    const network = cloud.network(name, { cidr: settings.vpcCidr }, { parent: this });
    const tier = (tierName: PresentTier) =>
      network.tier(tierName, firewallRules(tierName, settings.adminCidrs), { parent: this });
    this.tiers = { bastion: tier("bastion"), lb: tier("lb"), app: tier("app"), db: tier("db"), redis: tier("redis"), monitor: tier("monitor") };
    if (settings.egress === "natGateway") network.natGateway(`${name}-egress`, { parent: this });
    this.registerOutputs({});
  }
}
