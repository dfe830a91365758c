/** What Patroni runs where there is no cluster: the database comes back from its backups, or begins. */
import { access, rename, rm } from "node:fs/promises";
import * as z from "zod";
import { readIfThere } from "../files.ts";
import { parseDocument } from "../follow.ts";
import type { Log } from "../log.ts";
import { type Archive, readArchive } from "./info.ts";
import { paths, stanza } from "./paths.ts";
import { pgbackrest, runLong } from "./programs.ts";

/** What a restore was asked for. */
export const requestSchema = z.object({
  version: z.literal(1),
  /** Null: as far as the archive goes. */
  until: z.iso.datetime().nullable(),
});
export type RestoreRequest = z.infer<typeof requestSchema>;

export type Beginning =
  | { readonly kind: "new" }
  /** Null: as far as the archive goes. */
  | { readonly kind: "restore"; readonly until: string | null }
  | { readonly kind: "refused"; readonly why: string };

/** Pure. Backups are of a database that was: nothing new begins beside them, or the site would be empty and take orders. */
export function decideBeginning(archive: Archive, request: RestoreRequest | null): Beginning {
  if (archive.backups.length > 0) return { kind: "restore", until: request?.until ?? null };
  if (request !== null) return { kind: "refused", why: "a restore was asked for, and there is no backup" };
  return { kind: "new" };
}

export async function bootstrap(log: Log): Promise<void> {
  const text = await readIfThere(paths.request);
  const request = text === null ? null : parseDocument(requestSchema, text);
  const beginning = decideBeginning(await readArchive(), request);
  switch (beginning.kind) {
    case "refused": throw new Error(beginning.why);
    case "new":
      log("there are no backups: begins a new database");
      return await initialize();
    case "restore":
      log(`restores the database as it was ${beginning.until === null ? "at the end of the archive" : `at ${beginning.until}`}`);
      return await restore(beginning.until);
    default: beginning satisfies never;
  }
}

async function initialize(): Promise<void> {
  await runLong(`${paths.programs}/initdb`, [
    "--pgdata", paths.data, "--username", "postgres", "--encoding", "UTF8",
    // PostgreSQL's own: an update of the C library cannot change an index's order.
    "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C.UTF-8",
    "--data-checksums", "--auth-local", "peer", "--auth-host", "scram-sha-256",
  ]);
}

/** WAL is fetched several segments ahead of its replay: there may be a day of it. */
const aheadOfTime = [`--recovery-option=restore_command=pgbackrest --stanza=${stanza} --archive-async --process-max=2 archive-get %f "%p"`];

/** Files that are the same as in the backup, by their checksums, stay. */
async function restore(until: string | null): Promise<void> {
  const kept = await isThere(paths.before);
  if (kept) {
    await rm(paths.data, { recursive: true, force: true });
    await rename(paths.before, paths.data);
  }
  await pgbackrest(["restore", ...restoreArguments(until), ...aheadOfTime, ...kept ? ["--delta"] : []]);
}

/** Pure. @param until as ISO 8601 in UTC; null: as far as the archive goes */
export function restoreArguments(until: string | null): string[] {
  return until === null ? ["--type=default"] : ["--type=time", `--target=${until.replace("T", " ").replace("Z", "+00")}`, "--target-action=promote"];
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(() => true, () => false);
}
