import { ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
import { type Backups } from "./backups.ts";
import { type CloudTier } from "./cloud/cloud.ts";
import { Machine, type SiteArgs } from "./machine.ts";
import { ReadinessGate } from "./readinessGate.ts";

export interface MonitoringArgs {
  readonly site: SiteArgs;
  readonly tier: CloudTier;
  readonly backups: Backups;
}

export interface MonitoringReadyArgs {
  readonly loginPrivateKey: Output<string>;
  /** The bastion to jump through. */
  readonly through: Machine;
  /** What a fresh machine needs before it can do its work. */
  readonly after: readonly Resource[];
}

/** One private machine that looks after the others. It proves every week that the database's backups restore. */
export class Monitoring extends ComponentResource {
  readonly machine: Machine;
  private readonly backups: Backups;

  constructor(name: string, { site, tier, backups }: MonitoringArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Monitoring", name, {}, opts);
    const { egress, monitor } = site.settings;
    this.backups = backups;
    this.machine = new Machine(`${name}-1`, {
      site, tier, role: { tier: "monitor", egress, backup: backups.readAccess }, size: monitor.size, publicInterface: false, after: [],
      // It holds nothing that could not be found out anew; two of one name would tell two stories.
      replacement: "oldFirst", shutsDownFirst: false,
      // The disk is what a size is chosen for.
      replacedForSize: true,
    }, { parent: this });
    this.registerOutputs({});
  }

  /** Nothing of the site waits for it. */
  ready({ loginPrivateKey, through, after }: MonitoringReadyArgs): Resource {
    return new ReadinessGate(`${this.machine.name}-ready`, {
      machine: this.machine, loginPrivateKey, through, after: [...after, ...this.backups.owners],
    }, { parent: this });
  }
}
