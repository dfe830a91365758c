import { ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
import { Command } from "@pulumi/command/remote/command.js";
import { type Machine } from "./machine.ts";
import { type AwaitedRelease, readyCheck } from "./userData.ts";

/** About three minutes while connections are refused, ten while nothing answers. */
const dialing = { dialErrorLimit: 40, perDialTimeout: 10 };

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
}

/** Passes once the machine does its work; fails with the machine's name and the end of the log that says why. */
export class ReadinessGate extends ComponentResource {
  constructor(name: string, { machine, loginPrivateKey, through, after, release }: ReadinessGateArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:ReadinessGate", name, {}, opts);
    const login = { user: "root", privateKey: loginPrivateKey, ...dialing };
    new Command(name, {
      connection: through === null
        ? { ...login, host: reachable(machine) }
        : { ...login, host: machine.server.privateAddress, proxy: { ...login, host: reachable(through) } },
      create: checkNaming(machine, release),
      // Asked again whenever there is another machine of this name, or another release, or it was off to be resized: whoever
      // waits for this gate must not be off at the same time.
      triggers: [machine.server.id, machine.size, ...release === undefined ? [] : [release.bundle]],
      // sshd would refuse the variables.
      addPreviousOutputInEnv: false,
    }, { parent: this, dependsOn: [...after], customTimeouts: { create: limit, update: limit } });
    this.registerOutputs({});
  }
}

function reachable({ name, server }: Machine): Output<string> {
  return server.publicAddress.apply((address) => {
    if (address === null) throw new Error(`${name} has no public address: it is reached through a bastion only`);
    return address;
  });
}

function checkNaming({ name, tier }: Machine, release: AwaitedRelease | undefined): string {
  return [
    "(", readyCheck(tier, release), ")",
    "status=$?",
    `[ "$status" -eq 0 ] || echo "${name} (${tier}) did not become ready; above is the end of the log that says why" >&2`,
    'exit "$status"',
  ].join("\n");
}
