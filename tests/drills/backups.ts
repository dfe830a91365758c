import { z } from "zod";
import { parseInfo } from "../../agents/backup/info.ts";
import { waitFor } from "../../make/wait.ts";
import { archiveHoles } from "./archiveHoles.ts";
import { on, onOk } from "./cloud.ts";
import { sql } from "./database.ts";

/** What the drills of the backups have in common. */

const pgbackrest = ["runuser", "-u", "postgres", "--", "pgbackrest"];

const judgementSchema = z.object({ refused: z.string().nullable(), from: z.string().nullable(), until: z.string().nullable() });

/** Of the backups, as the machine sees them: from when until when a restore could go. */
export async function reach(machine: string): Promise<z.infer<typeof judgementSchema>> {
  return judgementSchema.parse(JSON.parse(await onOk(machine, ["quickcart-restore", "judge", "latest"])));
}

/** A full backup now, whenever the next one is due. */
export async function backUp(primary: string): Promise<void> {
  await onOk(primary, [...pgbackrest, "--stanza=quickcart", "--type=full", "backup"], 10 * 60_000);
}

/** Its label. */
export async function newestBackup(machine: string): Promise<string> {
  const { backups } = parseInfo(await onOk(machine, [...pgbackrest, "--stanza=quickcart", "--output=json", "--log-level-console=off", "info"]));
  const last = backups.at(-1);
  if (last === undefined) throw new Error("there is no backup");
  return last.label;
}

/** Waits until everything that was committed by now is known to be in the archive. */
export async function archivedUntilNow(primary: string, limitMs = 240_000): Promise<void> {
  const now = Date.now();
  await waitFor(async () => {
    const { until } = await reach(primary);
    if (until !== null && Date.parse(until) >= now) return true;
    throw new Error(`the archive is known to reach ${until ?? "nowhere"}`);
  }, { what: "the archive to hold everything", limitMs, everyMs: 5_000 });
}

/** Seconds since a segment of WAL last reached the archive, as the machine's exporter is told. */
export async function archiveAge(primary: string): Promise<number> {
  const metrics = await onOk(primary, ["cat", "/var/lib/prometheus/node-exporter/quickcart_archive.prom"]);
  const at = /^quickcart_archive_last_segment_timestamp_seconds (\d+)$/m.exec(metrics)?.[1];
  if (at === undefined) throw new Error(`${primary} tells nothing of the archive: ${metrics.slice(0, 200)}`);
  return Date.now() / 1000 - Number(at);
}

/** Segments that are not in the archive, though later ones are. An earlier drill's sabotage may have left some. */
export async function holesInArchive(primary: string): Promise<string[]> {
  const listed = await onOk(primary, [...pgbackrest, "repo-ls", "archive/quickcart", "--recurse", "--filter=[0-9A-F]{24}-"]);
  return archiveHoles(listed.match(/\b[0-9A-F]{24}(?=-)/g) ?? []);
}

/**
 * What is wrong with the archive: segments that are missing, or that pgBackRest cannot read; null when it is whole.
 *
 * @param known holes from before
 */
export async function wrongWithArchive(primary: string, known: readonly string[]): Promise<string | null> {
  const holes = await waitFor(async () => {
    const fresh = (await holesInArchive(primary)).filter((hole) => !known.includes(hole));
    // Two are brought at once: the later one may be there first.
    if (fresh.length > 0) throw new Error(`missing: ${fresh.slice(0, 5).join(", ")} (${fresh.length})`);
    return null;
  }, { what: "an archive without holes", limitMs: 60_000, everyMs: 5_000 }).catch((error: unknown) => String(error));
  if (holes !== null) return holes;
  const { code, output } = await on(primary, [...pgbackrest, "--stanza=quickcart", "--output=text", "--verbose", "verify"], 5 * 60_000);
  return code === 0 && output.includes("status: ok") ? null : output.trim().slice(0, 300) || `exit code ${code}`;
}

/** Random bytes, which nothing can compress. */
export async function fill(primary: string, table: string, mebibytes: number): Promise<void> {
  await sql(primary, `DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (n int PRIMARY KEY, body bytea); ALTER TABLE ${table} ALTER body SET STORAGE EXTERNAL`);
  const rows = 1024;
  for (let from = 0; from < mebibytes; from += 64) {
    await onOk(primary, ["runuser", "-u", "postgres", "--", "psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", "app", "--command",
      `INSERT INTO ${table} SELECT n, decode(string_agg(md5(random()::text || i::text), ''), 'hex') FROM generate_series(${from * rows + 1}, ${Math.min(from + 64, mebibytes) * rows}) n, generate_series(1, 64) i GROUP BY n`], 5 * 60_000);
  }
}

