import { ComponentResource, type ComponentResourceOptions, type Output, type Resource, all, output, unsecret } from "@pulumi/pulumi";
import { Command } from "@pulumi/command/remote/command.js";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { type Certificates } from "./certificates.ts";
import { type CloudTier } from "./cloud/cloud.ts";
import { InPlaceChange } from "./inPlaceChange.ts";
import { loginTo } from "./login.ts";
import { Machine, type SiteArgs } from "./machine.ts";
import { ReadinessGate } from "./readinessGate.ts";
import { tierName } from "./redis/tierName.ts";
import { keptTls } from "./redis/tls.ts";
import { redisChange } from "./rendering/redisChange.ts";
import { type AppRole, type RedisRole } from "./userData.ts";

export interface RedisClusterArgs {
  readonly site: SiteArgs;
  readonly tier: CloudTier;
  readonly certificates: Certificates;
}

export interface RedisReach {
  readonly loginPrivateKey: Output<string>;
  /** The bastion to jump through. */
  readonly through: Machine;
}

type Passwords = Output<RedisRole["passwords"]>;

/** Letters and digits: about 240 bits, so that an unsalted hash of it tells nothing. */
const passwordLength = 40;

/** Redis on six machines or more, half of them masters, that form one cluster by themselves. */
export class RedisCluster extends ComponentResource {
  readonly machines: readonly Machine[];
  /** What an app server needs in order to reach it. */
  readonly access: Output<AppRole["redis"]>;

  constructor(name: string, args: RedisClusterArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:RedisCluster", name, {}, opts);
    const { redis } = args.site.settings;
    const passwords = this.makePasswords(name);
    const tls = keptTls(name, redis.tls, this);
    this.machines = Array.from({ length: redis.nodes }, (_, index) => this.machine(`${name}-${String(index + 1)}`, args, passwords, tls));
    this.access = all([passwords, tls]).apply(([{ app }, talksTls]) => ({ password: app, tls: talksTls }));
    this.registerOutputs({});
  }

  /**
   * Passes when what is in the cluster fits onto the machines that it is to have. Before the topology document names fewer:
   * from then on slots would be moved.
   */
  fits({ loginPrivateKey, through }: RedisReach): Resource {
    const [first] = this.machines;
    if (first === undefined) throw new Error("a Redis Cluster without machines");
    return new Command(`${first.name}-fits`, {
      connection: loginTo(first, loginPrivateKey, through),
      // Nothing when it is made: a cluster that is only being formed holds nothing.
      update: `[ ! -e /opt/quickcart/agents/redis.mjs ] || quickcart-redis fits ${String(this.machines.length)}`,
      addPreviousOutputInEnv: false,
    }, { parent: this });
  }

  /** @returns what has passed once the cluster is whole, with every machine as the program would make it today */
  ready({ loginPrivateKey, through }: RedisReach, after: readonly Resource[]): Resource[] {
    const machines = this.machines.length;
    const gates = this.machines.map((machine) =>
      new ReadinessGate(`${machine.name}-ready`, { machine, loginPrivateKey, through, after, machines }, { parent: this }));
    let previous: Resource[] = gates;
    for (const machine of this.machines) {
      const { name, handover } = machine;
      // One after the other: a master that is changed hands over to its replica, which must not be changed at the same time.
      previous = [new InPlaceChange(`${name}-change`, {
        machine, loginPrivateKey, through, after: previous,
        script: unsecret(handover.revision).apply((revision) => redisChange({ name, revision, machines })),
      }, { parent: this })];
    }
    return [...gates, ...previous];
  }

  private machine(name: string, { site, tier, certificates }: RedisClusterArgs, passwords: Passwords, tls: Output<boolean>): Machine {
    const { egress, redis } = site.settings;
    const own = redis.tls ? output(certificates.forMachine(name, [name, tierName, "localhost"], this)) : output(null);
    return new Machine(name, {
      site, tier, size: redis.size, publicInterface: false, after: [],
      role: { tier: "redis", egress, memoryMiB: redis.memoryMiB, passwords, tls: all([own, tls]).apply(([certificate]) => certificate) },
      // It hands over to its replica before it stops; a node of the same name that is made anew fetches everything from its master.
      replacement: "oldFirst", shutsDownFirst: true, stateful: true,
    }, { parent: this });
  }

  private makePasswords(name: string): Passwords {
    const make = (user: string): Output<string> => new RandomPassword(`${name}-${user}-password`, { length: passwordLength, special: false }, { parent: this }).result;
    return all([make("admin"), make("app"), make("replica"), make("monitor")]).apply(([admin, app, replica, monitor]) => ({ admin, app, replica, monitor }));
  }
}
