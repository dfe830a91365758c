/** The daily full backup, on whoever is the primary when it is due; tried again every minute until one has succeeded. */
import type { Log } from "../log.ts";
import { Documents } from "./bucket.ts";
import { documentKeys } from "./documents.ts";
import { type Archive, type Backup, readArchive } from "./info.ts";
import { takeManifest } from "./manifest.ts";
import { metricsText, writeMetrics } from "./metrics.ts";
import { isPrimary, pgbackrest } from "./programs.ts";
import { isDue } from "./schedule.ts";
import type { BackupSettings } from "./settings.ts";

export async function backupIfDue(settings: BackupSettings, log: Log): Promise<void> {
  const primary = await isPrimary();
  if (primary === null) return;
  const archive = await readArchive();
  if (!archive.begun) return;
  if (primary) await backup(settings, archive, log);
  else await manifestOf(settings, archive, log);
}

async function backup({ storages, at, timeZone }: BackupSettings, archive: Archive, log: Log): Promise<void> {
  for (const repository of storages.map((_, index) => index + 1)) {
    const last = newest(archive, repository);
    if (!isDue(new Date(), last?.started ?? null, { at, timeZone })) continue;
    log(`takes a full backup into repository ${repository}`);
    const began = performance.now();
    await pgbackrest(["backup", "--type=full", `--repo=${repository}`]);
    const taken = newest(await readArchive(), repository);
    if (taken === undefined) throw new Error("pgBackRest took a backup and does not know of it");
    const seconds = (performance.now() - began) / 1000;
    log(`${taken.label}: ${taken.bytes} bytes in ${seconds.toFixed(1)} s`);
    await writeMetrics("quickcart_backup", metricsText([
      { name: "quickcart_backup_last_full_timestamp_seconds", help: "When the newest full backup ended. Alarm when it is older than 26 h.", value: taken.ended.getTime() / 1000 },
      { name: "quickcart_backup_duration_seconds", help: "What it took.", value: seconds },
      { name: "quickcart_backup_database_bytes", help: "What was in it.", value: taken.bytes },
      { name: "quickcart_backup_page_errors", help: "Whether pages with a wrong checksum are in it.", value: taken.flawed ? 1 : 0 },
    ]));
  }
}

/** A replica holds still for it, for as long as that takes; the first of them begins, the others are there should it not. */
async function manifestOf(settings: BackupSettings, archive: Archive, log: Log): Promise<void> {
  const last = newest(archive, 1);
  if (last === undefined || !isTurn(settings, last, new Date())) return;
  const documents = new Documents(settings.storages);
  if (await documents.read(documentKeys.manifest(last.label)) !== null) return;
  const manifest = await takeManifest(settings.name, last);
  if (manifest === null) return;
  await documents.write(documentKeys.manifest(last.label), manifest);
  log(`${last.label}: wrote down what is in ${manifest.tables.length} tables at ${manifest.lsn}`);
}

/** Two minutes for each who comes first. */
export function isTurn({ name, members }: Pick<BackupSettings, "name" | "members">, { ended }: Pick<Backup, "ended">, now: Date): boolean {
  return now.getTime() - ended.getTime() >= members.indexOf(name) * 120_000;
}

function newest({ backups }: Archive, repository: number): Backup | undefined {
  return backups.findLast((one) => one.repository === repository && one.type === "full");
}
