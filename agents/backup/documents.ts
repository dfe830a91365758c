import * as z from "zod";

/** What lies beside the backups, in the folder `quickcart/` of their bucket. */
export const documentKeys = {
  owner: "quickcart/owner.json",
  mark: "quickcart/archive.json",
  manifest: (label: string) => `quickcart/manifests/${label}.json`,
} as const;

/** Whose backups these are; written by the program. */
export const ownerSchema = z.object({ version: z.literal(1), stack: z.string() });

const moment = z.iso.datetime();

/** Until when everything that was committed is known to be in the archive. */
export const markSchema = z.object({ version: z.literal(1), until: moment, lsn: z.string(), timeline: z.int(), by: z.string() });
export type Mark = z.infer<typeof markSchema>;

/** Of a table: all of its rows, or of a large one those in a sample of its blocks, which is the same in every copy of the same blocks. */
export const tableSchema = z.object({ database: z.string(), schema: z.string(), table: z.string(), bytes: z.number(), percent: z.number(), rows: z.string(), sum: z.string() });
export type TableSum = z.infer<typeof tableSchema>;

/** What was in the database at one place of its WAL, after the backup had ended. */
export const manifestSchema = z.object({
  version: z.literal(1),
  /** Of the backup. */
  label: z.string(),
  takenAt: moment,
  /** Everything before it had been replayed, nothing after. */
  lsn: z.string(),
  timeline: z.int(),
  by: z.string(),
  tables: z.array(tableSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;
