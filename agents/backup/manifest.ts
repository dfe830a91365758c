/**
 * What is in the database, taken where its WAL stands still: on a replica that replays nothing meanwhile. Its state is then that
 * of one place in the WAL exactly, and a restore to that place has to have the same.
 */
import type { Manifest, TableSum } from "./documents.ts";
import type { Backup } from "./info.ts";
import { sql } from "./programs.ts";

/** Of larger tables a sample of about so many bytes. */
const sampleBytes = 64 * 1024 * 1024;

const pauseLimit = 30;

/** A row's text must not depend on where it is read: servers differ in what they have set, in their time zone above all. */
const alike = Object.entries({
  TimeZone: "UTC", DateStyle: "ISO, MDY", IntervalStyle: "postgres", bytea_output: "hex", extra_float_digits: "1", lc_monetary: "C", xmloption: "content",
}).map(([setting, value]) => `SET ${setting} = '${value}';`).join(" ");

/** Null: this replica has not come as far as the backup's end yet. */
export async function takeManifest(by: string, { label, stopLsn }: Backup): Promise<Manifest | null> {
  if (await sql(`SELECT pg_last_wal_replay_lsn() >= '${stopLsn}'`) !== "t") return null;
  try {
    const lsn = await pauseReplay();
    const timeline = await sql("SELECT received_tli FROM pg_stat_wal_receiver");
    return { version: 1, label, takenAt: new Date().toISOString(), lsn, timeline: Number(timeline), by, tables: await tablesOf() };
  } finally {
    await sql("SELECT pg_wal_replay_resume()");
  }
}

async function pauseReplay(): Promise<string> {
  await sql(`
    SELECT pg_wal_replay_pause();
    DO $$ BEGIN
      FOR i IN 1..${pauseLimit * 20} LOOP
        EXIT WHEN pg_get_wal_replay_pause_state() = 'paused';
        PERFORM pg_sleep(0.05);
      END LOOP;
      IF pg_get_wal_replay_pause_state() <> 'paused' THEN RAISE 'replay went on for ${pauseLimit} s'; END IF;
    END $$`);
  return await sql("SELECT pg_last_wal_replay_lsn()");
}

/** @param at the instance to ask, where it is not this machine's own */
export async function tablesOf(at: { sockets?: string; port?: number } = {}): Promise<TableSum[]> {
  const databases = lines(await sql("SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1", { ...at, database: "postgres" }));
  const sums: TableSum[] = [];
  for (const database of databases) {
    const tables = lines(await sql(`
      SELECT n.nspname, c.relname, pg_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2`, { ...at, database }));
    for (const line of tables) {
      const [schema = "", table = "", size = ""] = line.split("|");
      sums.push({ database, schema, table, ...await sumOf(schema, table, Number(size), { ...at, database }) });
    }
  }
  return sums;
}

async function sumOf(schema: string, table: string, bytes: number, at: { sockets?: string; port?: number; database: string }): Promise<Pick<TableSum, "bytes" | "percent" | "rows" | "sum">> {
  const percent = percentOf(bytes);
  const sample = percent === 100 ? "" : ` TABLESAMPLE SYSTEM (${percent}) REPEATABLE (1)`;
  const answer = await sql(`${alike} SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM ${quoted(schema)}.${quoted(table)} t${sample}`, at);
  const [rows = "", sum = ""] = answer.split("|");
  return { bytes, percent, rows, sum };
}

export function percentOf(bytes: number): number {
  return bytes <= sampleBytes ? 100 : Number((sampleBytes / bytes * 100).toPrecision(3));
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
