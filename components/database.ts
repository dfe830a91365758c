import { ComponentResource, type ComponentResourceOptions, type Output, type Resource, all, output } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { type Certificates } from "./certificates.ts";
import { type CloudTier } from "./cloud/cloud.ts";
import { memberNames, tierName } from "./database/members.ts";
import { type SizedMachine, databaseFleet } from "./database/settings.ts";
import { Machine, type SiteArgs } from "./machine.ts";
import { type ObjectStorage } from "./objectStorage.ts";
import { ReadinessGate } from "./readinessGate.ts";
import { type AppRole, type DbRole } from "./userData.ts";

export interface DatabaseArgs {
  readonly site: SiteArgs;
  readonly storage: ObjectStorage;
  readonly tier: CloudTier;
  readonly certificates: Certificates;
}

export interface DatabaseGateArgs {
  readonly loginPrivateKey: Output<string>;
  /** The bastion to jump through. */
  readonly through: Machine;
  /** What a fresh machine needs before it can serve. */
  readonly after: readonly Resource[];
}

type Passwords = { readonly [Role in keyof DbRole["passwords"]]: Output<string> };

/** Letters and digits: about 240 bits. */
const passwordLength = 40;

/** PostgreSQL on three or five machines, of which any may become the primary: Patroni, etcd, PgBouncer. */
export class Database extends ComponentResource {
  readonly machines: readonly Machine[];
  /** What an app server needs in order to reach it. */
  readonly access: Output<AppRole["database"]>;

  constructor(name: string, args: DatabaseArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Database", name, {}, opts);
    const { certificates } = args;
    const { database } = args.site.settings;
    const passwords = this.makePasswords(name);
    const fleet = databaseFleet(database);
    this.machines = memberNames(database.count).map((member, at) => this.machine(member, fleet[at] ?? database.replica, args, passwords));
    this.access = all([certificates.caCertificate, passwords.app, passwords.owner]).apply(([authority, app, owner]) => ({
      members: database.count, replicaLagMiB: database.replicaLagMiB, authority: `${authority.trimEnd()}\n`, passwords: { app, owner },
    }));
    this.registerOutputs({});
  }

  /** @returns one for each machine: passed, it is the primary or a replica that follows it */
  gates({ loginPrivateKey, through, after }: DatabaseGateArgs): ReadinessGate[] {
    return this.machines.map((machine) => new ReadinessGate(`${machine.name}-ready`, { machine, loginPrivateKey, through, after }, { parent: this }));
  }

  private machine(name: string, { size, vcpus, memoryMiB }: SizedMachine, { site, tier, storage, certificates }: DatabaseArgs, passwords: Passwords): Machine {
    const { egress, database } = site.settings;
    const tls = certificates.forMachine(name, [name, tierName, "localhost"], this);
    const fleet = databaseFleet(database).map((one) => ({ vcpus: one.vcpus, memoryMiB: one.memoryMiB }));
    const machine = new Machine(name, {
      site, tier, size, publicInterface: false, after: [],
      role: {
        tier: "db", egress, members: database.count, machine: { vcpus, memoryMiB }, fleet, maxConnections: database.maxConnections,
        ...tls, passwords: output(passwords),
      },
      // A member of the cluster is somebody in particular.
      replacement: "oldFirst", shutsDownFirst: true, stateful: true,
    }, { parent: this });
    storage.uploadSetup(`${name}-setup`, machine.setup, this);
    return machine;
  }

  private makePasswords(name: string): Passwords {
    const make = (role: string): Output<string> => new RandomPassword(`${name}-${role}-password`, { length: passwordLength, special: false }, { parent: this }).result;
    return {
      owner: make("owner"), app: make("app"), monitor: make("monitor"), proof: make("proof"),
      replication: make("replication"), rewind: make("rewind"), pgbouncer: make("pgbouncer"),
    };
  }
}
