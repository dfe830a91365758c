import { readFile } from "node:fs/promises";
import * as z from "zod";
import { parseDocument } from "../follow.ts";
import { storageSchema } from "../s3.ts";
import { paths } from "./paths.ts";

export const backupSettingsSchema = z.object({
  stack: z.string().min(1),
  /** This machine, and all of the database. */
  name: z.string().min(1),
  members: z.array(z.string().min(1)).min(1),
  /** When the full backup is due, such as `02:00`. */
  at: z.string().regex(/^[0-9]{2}:[0-9]{2}$/),
  timeZone: z.string().min(1),
  /** The buckets that hold backups, in the order in which pgBackRest numbers them. Secret. */
  storages: z.array(storageSchema).min(1),
});

export type BackupSettings = z.infer<typeof backupSettingsSchema>;

export async function readBackupSettings(path: string = paths.settings): Promise<BackupSettings> {
  try {
    return parseDocument(backupSettingsSchema, await readFile(path, "utf8"));
  } catch (error) {
    throw new Error(`${path}: ${String(error)}`, { cause: error });
  }
}
