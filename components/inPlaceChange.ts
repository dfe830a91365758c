import { ComponentResource, type ComponentResourceOptions, type Input, type Output, type Resource } from "@pulumi/pulumi";
import { Command } from "@pulumi/command/remote/command.js";
import { loginTo } from "./login.ts";
import { type Machine } from "./machine.ts";

/** For a machine that waits for its turn, and then for what it does in it. */
const limit = "60m";

export interface InPlaceChangeArgs {
  /** One that is stateful: a change of its files leaves it as it is. */
  readonly machine: Machine;
  readonly loginPrivateKey: Output<string>;
  /** The bastion to jump through. */
  readonly through: Machine;
  /**
   * A shell script, run as root with the machine's files on its standard input, as a script that writes them
   * (`templates/base/setup.sh.hbs`). Run after the first boot, too: then there is nothing to change.
   */
  readonly script: Input<string>;
  /** What must be there first: a machine that has booted, what it fetches. */
  readonly after: readonly Resource[];
}

/**
 * Hands a machine that holds data the files that it would be made with today. Shows in a preview as an update of this
 * command; the machine itself stays.
 */
export class InPlaceChange extends ComponentResource {
  readonly command: Command;

  constructor(name: string, { machine, loginPrivateKey, through, script, after }: InPlaceChangeArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:InPlaceChange", name, {}, opts);
    this.command = new Command(name, {
      connection: loginTo(machine, loginPrivateKey, through),
      create: script,
      // Files are many; what they hold is secret.
      stdin: machine.handover.script,
      logging: "stdoutAndStderr",
      triggers: [machine.server.id],
      // sshd would refuse the variables.
      addPreviousOutputInEnv: false,
    }, { parent: this, dependsOn: [...after], customTimeouts: { create: limit, update: limit } });
    this.registerOutputs({});
  }
}
