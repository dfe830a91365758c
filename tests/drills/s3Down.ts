import { setTimeout as pause } from "node:timers/promises";
import { tell } from "../../localcloud/client.ts";
import { archiveAge, archivedUntilNow, holesInArchive, wrongWithArchive } from "./backups.ts";
import { databaseScene, reportWrites, sql } from "./database.ts";
import type { Drill } from "./drill.ts";

/** Longer than the archive's own timeouts. */
const awayMs = 120_000;

export const s3Down: Drill = {
  name: "s3-down",
  promise: "while the object storage is away writes go on and the archive's age shows it; once it is back everything is archived, and nothing was thrown away",
  minutes: 8,
  suite: "nightly",
  where: "cloud",
  sabotage: "PostgreSQL throws away what it cannot archive (archive_command is true while the storage is away)",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { writer, primary } = await databaseScene(context);
    await archivedUntilNow(primary);
    const known = await holesInArchive(primary);
    restore("the object storage", async () => { await tell("storageFault", { fault: "none" }); });
    if (sabotage) {
      // What a machine's own settings name, the cluster's would not change.
      const alter = async (what: string): Promise<void> => {
        await sql(primary, `ALTER SYSTEM ${what}`);
        await sql(primary, "SELECT pg_reload_conf()");
      };
      restore("the archive's command", async () => alter("RESET archive_command"));
      await alter("SET archive_command = 'true'");
    }
    const begun = writer.mark();
    say(`the object storage answers 503 for ${awayMs / 1000} s`);
    await tell("storageFault", { fault: "unavailable" });
    await pause(awayMs);
    const age = await archiveAge(primary);
    figure("age of the last archived segment at the end", age, "s", { min: awayMs / 1000 - 60 });
    await tell("storageFault", { fault: "none" });
    const back = performance.now();
    await archivedUntilNow(primary);
    figure("everything archived after", (performance.now() - back) / 1000, "s", { max: 180 });
    const wrong = await wrongWithArchive(primary, known);
    holds("no segment is missing in the archive", wrong === null, wrong ?? "whole");
    figure("client gap meanwhile", writer.worstGapMs("local", begun) / 1000, "s", { max: 1 });
    await reportWrites(context, writer);
  },
};
