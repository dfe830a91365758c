import { ComponentResource, type ComponentResourceOptions, type Output, type Resource, all, output, unsecret } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { type Backups } from "./backups.ts";
import { type Certificates } from "./certificates.ts";
import { type CloudTier } from "./cloud/cloud.ts";
import { memberNames, tierName } from "./database/members.ts";
import { type SizedMachine, databaseFleet } from "./database/settings.ts";
import { InPlaceChange } from "./inPlaceChange.ts";
import { Machine, type SiteArgs } from "./machine.ts";
import { type ObjectStorage } from "./objectStorage.ts";
import { ReadinessGate } from "./readinessGate.ts";
import { type MemberRevision, databaseChange } from "./rendering/databaseChange.ts";
import { type AppRole, type DbRole, readyCheck } from "./userData.ts";

export interface DatabaseArgs {
  readonly site: SiteArgs;
  readonly storage: ObjectStorage;
  readonly tier: CloudTier;
  readonly certificates: Certificates;
  readonly backups: Backups;
  /** Of the cloud's API: may cut machines' power. Secret. Null: no primary is fenced. */
  readonly fenceToken: Output<string> | null;
}

export interface DatabaseReadyArgs {
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
  private readonly setups: readonly Resource[];

  constructor(name: string, args: DatabaseArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Database", name, {}, opts);
    const { certificates } = args;
    const { database } = args.site.settings;
    const passwords = this.makePasswords(name);
    const fleet = databaseFleet(database);
    this.machines = memberNames(database.count).map((member, at) => this.machine(member, fleet[at] ?? database.replica, args, passwords));
    this.setups = this.machines.map((machine) => args.storage.uploadSetup(`${machine.name}-setup`, machine.setup, this));
    this.access = all([certificates.caCertificate, passwords.app, passwords.owner]).apply(([authority, app, owner]) => ({
      members: database.count, replicaLagMiB: database.replicaLagMiB, authority: `${authority.trimEnd()}\n`, passwords: { app, owner },
    }));
    this.registerOutputs({});
  }

  /** @returns what has passed once every machine is the primary or a replica that follows it, and is as the program would make it today */
  ready({ loginPrivateKey, through, after }: DatabaseReadyArgs): Resource[] {
    const wanted = all(this.machines.map(({ name, handover }) => unsecret(handover.revision).apply((revision) => ({ name, revision }))));
    return this.machines.flatMap((machine, at) => {
      const gate = new ReadinessGate(`${machine.name}-ready`, { machine, loginPrivateKey, through, after }, { parent: this });
      const setup = this.setups[at];
      const change = new InPlaceChange(`${machine.name}-change`, {
        machine, loginPrivateKey, through, script: wanted.apply((members) => changeOf(machine.name, members)),
        after: [gate, ...setup === undefined ? [] : [setup]],
      }, { parent: this });
      return [gate, change];
    });
  }

  private machine(name: string, { size, vcpus, memoryMiB }: SizedMachine, { site, tier, certificates, backups, fenceToken }: DatabaseArgs, passwords: Passwords): Machine {
    const { egress, database } = site.settings;
    const tls = certificates.forMachine(name, [name, tierName, "localhost"], this);
    const fleet = databaseFleet(database).map((one) => ({ vcpus: one.vcpus, memoryMiB: one.memoryMiB }));
    return new Machine(name, {
      site, tier, size, publicInterface: false, after: [],
      role: {
        tier: "db", egress, members: database.count, machine: { vcpus, memoryMiB }, fleet, maxConnections: database.maxConnections,
        ...tls, passwords: output(passwords), fenceToken, backup: backups.access,
      },
      // A member of the cluster is somebody in particular.
      replacement: "oldFirst", shutsDownFirst: true, stateful: true,
    }, { parent: this });
  }

  private makePasswords(name: string): Passwords {
    const make = (role: string): Output<string> => new RandomPassword(`${name}-${role}-password`, { length: passwordLength, special: false }, { parent: this }).result;
    return {
      owner: make("owner"), app: make("app"), monitor: make("monitor"), proof: make("proof"),
      replication: make("replication"), rewind: make("rewind"), pgbouncer: make("pgbouncer"),
    };
  }
}

function changeOf(name: string, members: readonly MemberRevision[]): string {
  const own = members.find((member) => member.name === name);
  if (own === undefined) throw new Error(`${name} is no member of the database`);
  return databaseChange(own, members, readyCheck("db"));
}
