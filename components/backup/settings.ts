/** The table `quickcart:backup`: what may be in it, and what it means. */
import { z } from "zod";
import { text, wholeNumber } from "../settingTypes.ts";

export const backupTable = z.strictObject({
  at: text("a time of day from 00:00 to 23:59, in the stack's time zone, such as 02:00", (value) => /^([01][0-9]|2[0-3]):[0-5][0-9]$/.test(value)).default("02:00"),
  keep: wholeNumber(2, 90, ": so many daily backups, and with them the days that a restore can go back to").default(14),
  secondRegion: text("another region of the cloud, for a second copy of all backups", (value) => /^[a-z0-9-]+$/.test(value)).optional(),
}, "a table with `at`, `keep` and `secondRegion`").prefault({});

export interface BackupSettings {
  /** Time of day of the full backup, in the stack's time zone, such as `02:00`. */
  readonly at: string;
  /** Daily full backups that are kept, and the WAL from the oldest on. */
  readonly keep: number;
  /** Where a second copy of everything goes; null: there is one bucket. */
  readonly secondRegion: string | null;
}

export function backupSettings({ at, keep, secondRegion }: z.infer<typeof backupTable>): BackupSettings {
  return { at, keep, secondRegion: secondRegion ?? null };
}

/** Of the weekly proof: when even a large backup has ended, and what was in it was written down. */
const hoursAfterBackup = 3;

/** @param at of the daily backup, such as `02:00`; the proof's is in the same zone */
export function proofTime(at: string): string {
  const [hours = "", minutes = ""] = at.split(":");
  return `${String((Number(hours) + hoursAfterBackup) % 24).padStart(2, "0")}:${minutes}`;
}
