/** What the proof concludes. Pure. */
import type { Manifest, TableSum } from "../backup/documents.ts";

/** Within this the site must write again after everything was lost: SPEC's RTO, in seconds. */
export const rtoSeconds = 15 * 60;

/** What is restored must reach this near to what the archive is said to hold, in seconds: heartbeats come once a minute. */
const heartbeatSeconds = 60;

/** Each a sentence; none when everything is as it was. */
export function differences(wanted: Manifest, found: readonly TableSum[]): string[] {
  const nameOf = ({ database, schema, table }: TableSum): string => `${database}.${schema}.${table}`;
  const byName = new Map(found.map((one) => [nameOf(one), one]));
  const missing = wanted.tables.flatMap((table): string[] => {
    const name = nameOf(table);
    const other = byName.get(name);
    byName.delete(name);
    if (other === undefined) return [`${name} is missing`];
    if (other.percent !== table.percent) return [`${name} has ${other.bytes} bytes, and had ${table.bytes}`];
    if (other.rows !== table.rows) return [`${name} has ${other.rows} rows, and had ${table.rows}`];
    return other.sum === table.sum ? [] : [`${name} has other rows than it had, though as many (${table.rows})`];
  });
  return [...missing, ...[...byName.keys()].map((name) => `${name} was not there`)];
}

export interface Times {
  /** Seconds for files to be there, and how many bytes they are. */
  readonly copying: number;
  readonly bytes: number;
  /** Seconds from there to a database that takes writes: WAL since the backup, and the start. */
  readonly replaying: number;
}

/** Bytes of the largest database that would be back in time: what copying may take, at the pace that was seen. */
export function largestInTime({ copying, bytes, replaying }: Times, limitSeconds = rtoSeconds): number {
  if (copying <= 0) return 0;
  return Math.max(0, Math.floor((limitSeconds - replaying) * bytes / copying));
}

export interface Disk {
  readonly bytes: number;
  /** Of these nobody uses. */
  readonly free: number;
}

/** PostgreSQL's own limit for WAL that it keeps while it replays (`max_wal_size`), and what is fetched ahead. */
const walBytes = 5 * 1024 ** 3;
/** Of the disk, for whoever else is on the machine. */
const sharedPart = 0.1;
/** By how much WAL may make a database larger than its backup. */
const growth = 1.1;

/** Bytes of the largest database that this disk could take for a proof. */
export function roomOn({ bytes, free }: Disk): number {
  return Math.max(0, Math.floor((free - sharedPart * bytes - walBytes) / growth));
}

/** Of a limit; from here on somebody should look for a larger one. */
const alarmingPart = 0.8;

/** A sentence when the database comes near to a limit; null while it does not. */
export function nearing(limit: string, bytes: number, limitBytes: number): string | null {
  if (bytes < alarmingPart * limitBytes) return null;
  return `the database has ${gigabytes(bytes)} of the ${gigabytes(limitBytes)} ${limit}`;
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Why what was restored does not go far enough; null when it does. */
export function shortfall(reached: Date, marked: Date | null): string | null {
  if (marked === null) return "the archive does not say until when it is whole (quickcart/archive.json): nothing can be said of what was lost";
  if (reached.getTime() >= marked.getTime() - 1) return null;
  return `the database came back as of ${reached.toISOString()}, and the archive was said to be whole until ${marked.toISOString()}: ${Math.round((marked.getTime() - reached.getTime()) / 1000)} s of it cannot be restored`;
}

/** The loss if everything had been gone when the proof began, in seconds. */
export function achievedRpo(began: Date, reached: Date): number {
  return Math.max(0, (began.getTime() - reached.getTime()) / 1000);
}

/** Why the archive is too far behind; null when it is not. */
export function tooOld(rpoSeconds: number, limitSeconds = 5 * heartbeatSeconds): string | null {
  return rpoSeconds <= limitSeconds ? null : `the newest that could be restored is ${Math.round(rpoSeconds)} s old, and the archive is to be no more than ${limitSeconds} s behind`;
}
