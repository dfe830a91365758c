import { memberNames } from "../database/members.ts";
import { ports } from "../ports.ts";
import { file, type RenderedFile, script, secret, unit } from "./renderedFile.ts";
import type { AppRole } from "./role.ts";
import { render } from "./templates.ts";

/** Where an app server finds the database on itself. */
export const endpoints = {
  /** Writes, and reads that must see them: the primary's PgBouncer. */
  write: { port: ports.pgbouncer.from, target: ports.pgbouncer.from },
  /** Reads that may be a little late: a replica's PgBouncer. */
  read: { port: ports.pgbouncer.from + 1, target: ports.pgbouncer.from },
  /** The primary itself, past PgBouncer. */
  direct: { port: ports.postgres.from, target: ports.postgres.from },
} as const;

/** Each check costs a machine's Patroni 1.5 ms, and fifty app servers may ask. A new primary is found at once, a new replica soon. */
const checking = { write: "inter 300ms fastinter 100ms", read: "inter 1s fastinter 200ms" };

/** HAProxy on an app server: always leads to the machine that is what the app asks for. */
export function databaseWay({ database }: AppRole): RenderedFile[] {
  const members = memberNames(database.members);
  const sections = [
    { name: "write", ...endpoints.write, checked: "/primary", checking: checking.write, follows: null, fallback: null },
    { name: "read", ...endpoints.read, checked: `/replica?lag=${database.replicaLagMiB}MB`, checking: checking.read, follows: null, fallback: "write" },
    // Whoever is primary for the one is for the other: Patroni need not be asked twice.
    { name: "direct", ...endpoints.direct, checked: null, checking: null, follows: "write", fallback: null },
  ];
  const addresses = { members: members.join(" "), endpoints: sections.map(({ name }) => name).join(" ") };
  return [
    file("/etc/quickcart/authority.crt", database.authority),
    file("/etc/quickcart/database.cfg", render("app/database.cfg", { endpoints: sections.map((one) => ({ ...one, members })), ports })),
    unit("quickcart-database", render("app/quickcart-database.service", {})),
    unit("quickcart-database-addresses", render("app/quickcart-database-addresses.service", {})),
    file("/etc/systemd/system/quickcart-database-addresses.path", render("app/quickcart-database-addresses.path", {})),
    script("/usr/local/sbin/quickcart-database-addresses", render("app/quickcart-database-addresses", addresses)),
    secret("/etc/quickcart/migrate.env", render("app/migrate.env", { directUrl: url("owner", database.passwords.owner, endpoints.write.port, "app_session") })),
  ];
}

/** What the app is told of the database. Secret. */
export function databaseUrls({ database: { passwords } }: AppRole) {
  return {
    // Prisma then does without what a transaction pool cannot keep.
    write: `${url("app", passwords.app, endpoints.write.port, "app")}?pgbouncer=true`,
    read: `${url("app", passwords.app, endpoints.read.port, "app")}?pgbouncer=true`,
    session: url("app", passwords.app, endpoints.write.port, "app_session"),
  };
}

function url(role: string, password: string, port: number, database: string): string {
  return `postgresql://${role}:${password}@127.0.0.1:${port}/${database}`;
}
