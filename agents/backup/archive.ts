/**
 * Once a minute on the primary: a heartbeat, so that there is something to archive, that a restore to any minute finds a commit
 * to stop at, and that whoever restored can tell how far it came. What it sees of the archive it leaves to the machine's exporter.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { message } from "../errors.ts";
import { parseDocument } from "../follow.ts";
import type { Log } from "../log.ts";
import { Documents } from "./bucket.ts";
import { documentKeys, type Mark, markSchema } from "./documents.ts";
import { readArchive } from "./info.ts";
import { metricsText, writeMetrics } from "./metrics.ts";
import { paths } from "./paths.ts";
import { isPrimary, pgbackrest, sql } from "./programs.ts";
import type { BackupSettings } from "./settings.ts";

/** The timeline that this primary writes. */
const currentTimeline = "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int";

const beat = `UPDATE quickcart.heartbeat SET at = clock_timestamp(), lsn = pg_current_wal_insert_lsn(), timeline = ${currentTimeline}`;

/** The heartbeat before: when, where, and whether the segment that holds its commit, a little later, has been archived since. */
const before = `
SELECT to_char(h.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), h.lsn, h.timeline,
  coalesce(right(s.last_archived_wal, 16) >= right(pg_walfile_name(h.lsn + 1048576), 16) AND s.last_archived_wal ~ '^[0-9A-F]{24}$', false), ${currentTimeline}
FROM quickcart.heartbeat h, pg_stat_archiver s`;

const ages = `
SELECT extract(epoch FROM coalesce(last_archived_time, greatest(stats_reset, pg_postmaster_start_time())))::bigint, failed_count FROM pg_stat_archiver`;

export async function tick({ name, storages }: BackupSettings, log: Log): Promise<void> {
  if (await isPrimary() !== true) {
    await writeMetrics("quickcart_archive", "");
    return;
  }
  const [at = "", lsn = "", timeline = "", archived = "", current = ""] = (await sql(before)).split("|");
  await sql(beat);
  const [lastArchived = "", failures = ""] = (await sql(ages)).split("|");
  await writeMetrics("quickcart_archive", metricsText([
    { name: "quickcart_archive_last_segment_timestamp_seconds", help: "When a segment of WAL last reached the archive. Alarm when it is older than 300 s.", value: Number(lastArchived) },
    { name: "quickcart_archive_failures", help: "Attempts of PostgreSQL's archiver that failed; stays at 0 while one that hangs goes on trying.", value: Number(failures) },
  ]));
  await ensureStanza(log);
  const documents = new Documents(storages);
  await handIn(await readMark(documents), Number(current), log);
  if (archived !== "t") return;
  const mark: Mark = { version: 1, until: at, lsn, timeline: Number(timeline), by: name };
  await documents.write(documentKeys.mark, mark);
}

/**
 * Segments that an earlier primary had filled and did not bring to the archive before it was gone: this one has them, too, and
 * without them nothing after them could be restored.
 */
async function handIn(mark: Mark | null, timeline: number, log: Log): Promise<void> {
  if (mark === null || mark.timeline >= timeline) return;
  for (const segment of missingSegments(await readdir(join(paths.data, "pg_wal")), mark, timeline)) {
    log(`hands in ${segment} of an earlier primary`);
    await pgbackrest(["--no-archive-async", "archive-push", join(paths.data, "pg_wal", segment)]);
  }
}

/** Of earlier timelines, from the mark on; oldest first. Pure. */
export function missingSegments(files: readonly string[], mark: Pick<Mark, "timeline" | "lsn">, timeline: number): string[] {
  const from = segmentOf(mark.lsn);
  return files.filter((name) => /^[0-9A-F]{24}$/.test(name)).filter((name) => {
    const own = Number.parseInt(name.slice(0, 8), 16);
    return own >= mark.timeline && own < timeline && name.slice(8) >= from;
  }).sort();
}

/** Of 16 MiB, as PostgreSQL names it, without its timeline. @example segmentOf("1/2A000060") is 000000010000002A */
export function segmentOf(lsn: string): string {
  const [high = "", low = ""] = lsn.split("/");
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, "0");
  return hex(Number.parseInt(high, 16)) + hex(Math.floor(Number.parseInt(low, 16) / (16 * 1024 * 1024)));
}

async function readMark(documents: Documents): Promise<Mark | null> {
  const text = await documents.read(documentKeys.mark);
  return text === null ? null : parseDocument(markSchema, text);
}

/** A new database's archive is begun. One that is somebody else's refuses, which the age of the last segment then tells. */
async function ensureStanza(log: Log): Promise<void> {
  const archive = await readArchive();
  if (archive.begun) return;
  log("begins the archive");
  try {
    await pgbackrest(["stanza-create"]);
  } catch (error) {
    throw new Error(`the archive cannot be begun: ${message(error)}`, { cause: error });
  }
}
