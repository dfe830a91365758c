import { ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
import { Command } from "@pulumi/command/remote/command.js";
import { loginTo } from "./login.ts";
import { type Machine } from "./machine.ts";
import { type Awaited, type AwaitedRelease, readyCheck } from "./userData.ts";

/** Covers both dialing and the check's own limits. */
const limit = "30m";

export interface ReadinessGateArgs {
  readonly machine: Machine;
  readonly loginPrivateKey: Output<string>;
  /** The bastion to jump through; null for a machine that is reached directly. */
  readonly through: Machine | null;
  /** What the machine waits for; without it the check would only run into its limit. */
  readonly after: readonly Resource[];
  /** What an app server is to serve; other tiers have none. */
  readonly release?: AwaitedRelease;
  /** How many the cluster of its tier is to have; other tiers form none. */
  readonly machines?: number;
}

/** Passes once the machine does its work; fails with the machine's name and the end of the log that says why. */
export class ReadinessGate extends ComponentResource {
  constructor(name: string, { machine, loginPrivateKey, through, after, release, machines }: ReadinessGateArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:ReadinessGate", name, {}, opts);
    new Command(name, {
      connection: loginTo(machine, loginPrivateKey, through),
      create: checkNaming(machine, { release, machines }),
      // Asked again whenever there is another machine of this name, or another release, or another number of machines, or it was off to be resized: whoever
      // waits for this gate must not be off at the same time.
      triggers: [machine.server.id, machine.size, ...release === undefined ? [] : [release.bundle], ...machines === undefined ? [] : [machines]],
      // sshd would refuse the variables.
      addPreviousOutputInEnv: false,
    }, { parent: this, dependsOn: [...after], customTimeouts: { create: limit, update: limit } });
    this.registerOutputs({});
  }
}

function checkNaming({ name, tier }: Machine, awaited: Awaited): string {
  return [
    "(", readyCheck(tier, awaited), ")",
    "status=$?",
    `[ "$status" -eq 0 ] || echo "${name} (${tier}) did not become ready; above is the end of the log that says why" >&2`,
    'exit "$status"',
  ].join("\n");
}
