import { type BackupSettings } from "../../agents/backup/settings.ts";
import { memberNames } from "../database/members.ts";
import { ports } from "../ports.ts";
import { file, type RenderedFile, script, secret, unit } from "./renderedFile.ts";
import type { DbRole } from "./role.ts";
import { render } from "./templates.ts";

/** What of the backup is secret; the apply script hands it to PostgreSQL's user. */
export function backupSecrets(role: DbRole): RenderedFile[] {
  const { backup } = role;
  const settings: BackupSettings = {
    stack: role.stack, name: role.name, members: memberNames(role.members), at: backup.at, timeZone: role.timeZone,
    storages: backup.repositories.map(({ bucket, endpoint, region, accessKey, secretKey }) => ({ url: `https://${bucket}.${endpoint}`, region, accessKey, secretKey })),
  };
  return [
    secret("/etc/quickcart/db/backup.json", `${JSON.stringify(settings)}\n`),
    secret("/etc/quickcart/db/pgbackrest-keys.conf", render("db/pgbackrest-keys.conf", { repositories: numbered(role) })),
  ];
}

/** @param tls by which root speaks to etcd */
export function backupSetup(role: DbRole, tls: { readonly authority: string; readonly certificate: string; readonly key: string }): RenderedFile[] {
  return [
    file("/etc/pgbackrest.conf", render("db/pgbackrest.conf", {
      repositories: numbered(role), processes: Math.max(1, Math.floor(role.machine.vcpus / 2)), port: ports.postgres.from,
    })),
    script("/usr/local/sbin/quickcart-backup", render("db/quickcart-backup", {})),
    script("/usr/local/sbin/quickcart-restore", render("db/quickcart-restore", { ports, tls })),
    ...timed("quickcart-archive", { description: "Heartbeat of the archive", word: "archive", limit: "5min", second: "00" }),
    ...timed("quickcart-backup", { description: "Full backup of the database, when it is due", word: "backup", limit: "12h", second: "15" }),
  ];
}

function timed(name: string, values: { description: string; word: string; limit: string; second: string }): RenderedFile[] {
  return [
    unit(name, render("db/backup.service", values)),
    file(`/etc/systemd/system/${name}.timer`, render("db/backup.timer", values)),
  ];
}

function numbered({ backup: { repositories, keep, cipher } }: DbRole) {
  return repositories.map((one, index) => ({ ...one, number: index + 1, keep, cipher }));
}
