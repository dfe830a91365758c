import { paths as fencePaths } from "../../agents/fence/paths.ts";
import { type Parameters, dynamicConfiguration, firstConfiguration, machineParameters } from "../database/parameters.ts";
import { machineSizing, sharedSizing } from "../database/sizing.ts";
import { memberNames, tierName } from "../database/members.ts";
import { ports } from "../ports.ts";
import { backupSecrets, backupSetup } from "./backupFiles.ts";
import { file, type RenderedFile, script, secret, unit } from "./renderedFile.ts";
import type { DbRole } from "./role.ts";
import { scramVerifier } from "./scram.ts";
import { render } from "./templates.ts";

/** What the program hands over; services get theirs in the hands of their users. */
const folder = "/etc/quickcart/db";
const authority = `${folder}/authority.crt`;
const certificate = `${folder}/db.crt`;

export const databaseTls = {
  root: { authority, certificate, key: `${folder}/db.key` },
  etcd: { authority, certificate, key: "/var/lib/etcd/db.key" },
  postgres: { authority, certificate, key: "/var/lib/postgresql/db.key" },
} as const;

/** Of clients that PgBouncer holds at once: fifty app servers with a hundred each. */
const maxClients = 5000;

/** What a database machine gets beside what every private machine has. */
export function database(role: DbRole): RenderedFile[] {
  const { replication, rewind, ...users } = role.passwords;
  const verifiers = verifiersOf({ ...users, replicator: replication, rewind });
  const values = {
    ...role, ports, tls: databaseTls.postgres, scope: "quickcart",
    etcdHosts: memberNames(role.members).map((name) => `"${name}:${ports.etcd.from}"`).join(", "),
    // JSON is YAML.
    dynamic: JSON.stringify(firstConfiguration(sharedOf(role))),
    parameters: quoted(machineParameters(machineSizing(role.machine, sharedOf(role)))),
  };
  return [
    secret(databaseTls.root.key, role.key),
    // Empty where fencing is off: an earlier one must not stay.
    secret(fencePaths.token, role.fenceToken === null ? "" : `${role.fenceToken}\n`),
    secret(`${folder}/patroni.yml`, render("db/patroni.yml", values)),
    secret(`${folder}/roles.sql`, render("db/roles.sql", { verifiers, names: [...Object.keys(verifiers), "backup"].map((name) => `'${name}'`).join(", ") })),
    ...backupSecrets(role),
    secret(`${folder}/userlist.txt`, render("db/userlist.txt", role)),
    secret("/etc/default/prometheus-pgbouncer-exporter", render("db/pgbouncer-exporter.env", { ports, passwords: role.passwords })),
  ];
}

/** No secret among them: they lie in the bucket, for there is more of them than user-data can hold. */
export function databaseSetup(role: DbRole): RenderedFile[] {
  const names = memberNames(role.members);
  const values = {
    ...role, etcd: databaseTls.etcd, tierName,
    others: names.filter((name) => name !== role.name).join(" "),
    founders: names.map((name) => `${name}=https://${name}:2380`).join(","),
  };
  return [
    file(authority, role.authority),
    file(certificate, role.certificate),
    file("/etc/postgresql-common/createcluster.conf", render("db/createcluster.conf", {})),
    file(`${folder}/dynamic.json`, `${JSON.stringify(dynamicConfiguration(sharedOf(role)), null, 2)}\n`),
    file("/etc/modules-load.d/quickcart.conf", "softdog\n"),
    file("/etc/udev/rules.d/60-quickcart.rules", 'KERNEL=="watchdog", OWNER="postgres"\n'),
    file("/etc/default/etcd", render("db/etcd.env", values)),
    file("/etc/systemd/system/etcd.service.d/quickcart.conf", render("db/etcd-dropin.conf", {})),
    script("/usr/local/sbin/quickcart-etcd", render("db/quickcart-etcd", values)),
    file("/etc/systemd/system/patroni.service.d/quickcart.conf", render("db/patroni-dropin.conf", {})),
    script("/usr/local/sbin/quickcart-roles", render("db/quickcart-roles", {})),
    script("/usr/local/sbin/quickcart-started", render("db/quickcart-started", {})),
    script("/usr/local/sbin/quickcart-isready", render("db/quickcart-isready", {})),
    script("/usr/local/sbin/quickcart-pgbackrest", render("db/quickcart-pgbackrest", {})),
    file(`${folder}/pgbouncer.ini`, render("db/pgbouncer.ini", { ports, tls: databaseTls.postgres, shared: sharedOf(role), maxClients })),
    file("/etc/systemd/system/pgbouncer.service.d/quickcart.conf", render("db/pgbouncer-dropin.conf", {})),
    file(fencePaths.settings, `${JSON.stringify({ cloud: role.cloud, name: role.name, members: names })}\n`),
    ...backupSetup(role, databaseTls.root),
    unit("quickcart-fence", render("db/quickcart-fence.service", {})),
    script("/usr/local/sbin/quickcart-fence", render("db/quickcart-fence", {})),
    unit("quickcart-room", render("db/quickcart-room.service", {})),
    script("/usr/local/sbin/quickcart-room", render("db/quickcart-room", { ...values, ports, tls: databaseTls.postgres, endpoints: etcdEndpoints(role.members) })),
    file("/etc/default/prometheus-postgres-exporter", render("db/postgres-exporter.env", { ports })),
  ];
}

/** As etcdctl takes them. */
export function etcdEndpoints(members: number): string {
  return memberNames(members).map((name) => `https://${name}:${ports.etcd.from}`).join(",");
}

function sharedOf({ fleet, maxConnections }: DbRole) {
  return sharedSizing(fleet, maxConnections);
}

function verifiersOf(passwords: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(passwords).map(([role, password]) => [role, scramVerifier(role, password)]));
}

/** For YAML, which would take `on` for true. */
function quoted(parameters: Parameters): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, JSON.stringify(value)]));
}
