import { waitFor } from "../../make/wait.ts";
import { backUp, holesInArchive, newestBackup, wrongWithArchive } from "./backups.ts";
import { databaseServes, sql } from "./database.ts";
import type { Drill } from "./drill.ts";

export const backupTaken: Drill = {
  name: "backup-taken",
  promise: "a new database is backed up at once, whole, without anybody asking for it; so it is whenever somebody does, and pgBackRest finds backups and WAL sound",
  minutes: 0.25,
  suite: "ci",
  where: "cloud",
  sabotage: "PostgreSQL's archive_command is another program's",
  async run({ figure, holds, restore, sabotage }) {
    const primary = await databaseServes();
    const begun = performance.now();
    const first = await waitFor(async () => await newestBackup(primary), { what: "the first backup", limitMs: 90_000, everyMs: 1_000 });
    const known = await holesInArchive(primary);
    if (sabotage) {
      restore("the archive's command", async () => {
        await sql(primary, "ALTER SYSTEM RESET archive_command");
        await sql(primary, "SELECT pg_reload_conf()");
      });
      await sql(primary, "ALTER SYSTEM SET archive_command = 'true'");
      await sql(primary, "SELECT pg_reload_conf()");
    }
    const refused = await backUp(primary).then(() => null, (error: unknown) => String(error));
    holds("a backup is taken when asked for", refused === null && await newestBackup(primary) > first, refused ?? "taken");
    const wrong = await wrongWithArchive(primary, known);
    holds("backups and archive are sound", wrong === null, wrong ?? "sound");
    figure("both took", (performance.now() - begun) / 1000, "s");
  },
};
