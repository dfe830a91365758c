import { ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
import { type CloudTier } from "./cloud/cloud.ts";
import { Machine, type SiteArgs } from "./machine.ts";
import { ReadinessGate } from "./readinessGate.ts";

export interface BastionsArgs {
  readonly site: SiteArgs;
  readonly tier: CloudTier;
  readonly loginPrivateKey: Output<string>;
  /** What a bastion fetches while it boots. */
  readonly programs: readonly Resource[];
}

/** The two public doors: SSH jump, WireGuard, and the way out for private machines. */
export class Bastions extends ComponentResource {
  readonly machines: readonly [Machine, Machine];
  /** The one to jump through, once `jumpReady` has passed. */
  readonly jump: Machine;
  readonly jumpReady: ReadinessGate;

  constructor(name: string, args: BastionsArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Bastions", name, {}, opts);
    const first = this.bastion(`${name}-1`, 1, args, []);
    const firstReady = this.gate(first, args);
    // One after the other: replacing both at once would leave private machines without a way out, and everyone without a way in.
    const second = this.bastion(`${name}-2`, 2, args, [firstReady]);
    this.machines = [first, second];
    this.gate(second, args);
    this.jump = first;
    this.jumpReady = firstReady;
    this.registerOutputs({});
  }

  private bastion(name: string, gateway: 1 | 2, { site, tier }: BastionsArgs, after: readonly Resource[]): Machine {
    return new Machine(name, {
      site, tier, role: { tier: "bastion", gateway }, size: site.settings.bastions.size, publicInterface: true,
      // A gateway's overlay addresses are fixed: two machines holding them would confuse everyone behind them.
      replacement: "oldFirst", shutsDownFirst: false, after,
    }, { parent: this });
  }

  private gate(machine: Machine, { loginPrivateKey, programs }: BastionsArgs): ReadinessGate {
    return new ReadinessGate(`${machine.name}-ready`, { machine, loginPrivateKey, through: null, after: programs }, { parent: this });
  }
}
