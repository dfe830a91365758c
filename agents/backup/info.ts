import * as z from "zod";
import { pgbackrest } from "./programs.ts";

/** pgBackRest's codes: https://github.com/pgbackrest/pgbackrest/blob/release/2.55.1/src/command/info/info.c */
const codes = { ok: 0, noStanzaPath: 1, noBackups: 2, noStanzaData: 3 } as const;

const backupSchema = z.object({
  label: z.string(),
  type: z.enum(["full", "diff", "incr"]),
  /** Whether pages with a wrong checksum are in it. */
  error: z.boolean().nullable().default(false),
  /** Seconds since 1970. */
  timestamp: z.object({ start: z.number(), stop: z.number() }),
  lsn: z.object({ start: z.string(), stop: z.string() }),
  database: z.object({ "repo-key": z.number() }),
  info: z.object({ size: z.number() }),
}).transform(({ label, type, error, timestamp, lsn, database, info }) => ({
  label, type, flawed: error === true, started: new Date(timestamp.start * 1000), ended: new Date(timestamp.stop * 1000), stopLsn: lsn.stop,
  repository: database["repo-key"], bytes: info.size,
}));

const infoSchema = z.array(z.object({ status: z.object({ code: z.number(), message: z.string() }), backup: z.array(backupSchema) })).length(1);

export type Backup = z.infer<typeof backupSchema>;

/** What the buckets hold. */
export interface Archive {
  /** Whether anything was ever archived there. */
  readonly begun: boolean;
  /** Oldest first, of all repositories. */
  readonly backups: readonly Backup[];
}

/** @throws when pgBackRest cannot tell: storage is away, the key is wrong, somebody else's cipher */
export function parseInfo(text: string): Archive {
  const parsed = infoSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`pgbackrest info: ${z.prettifyError(parsed.error)}`);
  const [one] = parsed.data;
  if (one === undefined) throw new Error("pgbackrest info said nothing");
  const { status, backup } = one;
  switch (status.code) {
    case codes.ok: case codes.noBackups: return { begun: true, backups: backup.toSorted((a, b) => a.ended.getTime() - b.ended.getTime()) };
    case codes.noStanzaPath: case codes.noStanzaData: return { begun: false, backups: [] };
    default: throw new Error(`the backups cannot be read (${status.code} ${status.message}): is the object storage there, and are key and cipher those of this stack?`);
  }
}

export async function readArchive(): Promise<Archive> {
  return parseInfo(await pgbackrest(["info", "--output=json", "--log-level-console=off", "--log-level-stderr=error"]));
}
