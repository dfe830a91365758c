import { setTimeout as pause } from "node:timers/promises";
import { join } from "node:path";
import { root, run, tail } from "../../make/run.ts";
import { onStackOk } from "../../make/stack.ts";
import { archivedUntilNow, backUp, fill, reach } from "./backups.ts";
import { deleteDroplet, droplets } from "./cloud.ts";
import { databaseScene, databaseServes, sql } from "./database.ts";
import type { Drill } from "./drill.ts";

/** Of SPEC's RPO and RTO, in seconds; the database of this drill is a gigabyte. */
const rpo = 60;
const rto = 600;
const mebibytes = 1024;
const table = "drill_restore";

export const restoreEverything: Drill = {
  name: "restore-everything",
  promise: "all three database machines are gone with their disks: `pulumi up --refresh` and the backups bring the site back, less than a minute of it is lost, and no app server is replaced",
  minutes: 25,
  suite: "nightly",
  where: "cloud",
  sabotage: "nothing was archived for two minutes before",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { writer, primary } = await databaseScene(context);
    restore("the drill's table", async () => { await sql(await databaseServes(), `DROP TABLE IF EXISTS ${table}`); });
    await fill(primary, table, mebibytes);
    const rows = await sql(primary, `SELECT count(*) FROM ${table}`);
    await backUp(primary);
    await archivedUntilNow(primary);
    if (sabotage) {
      await sql(primary, "ALTER SYSTEM SET archive_command = 'false'");
      await sql(primary, "SELECT pg_reload_conf()");
      await pause(120_000);
    }
    const apps = await ids("app-");

    say("all three database machines are deleted");
    const lost = writer.mark();
    const begun = performance.now();
    for (const id of await ids("db-")) await deleteDroplet(id);
    await onStackOk("up", { limitMs: rto * 2000, args: ["--refresh"] });
    await writer.answering({ since: lost, limitMs: rto * 1000 });
    figure("the site writes again after", (performance.now() - begun) / 1000, "s", { max: rto });
    const now = await databaseServes();
    holds("the gigabyte is there", await sql(now, `SELECT count(*) FROM ${table}`) === rows, `${rows} rows`);
    holds("no app server was replaced", JSON.stringify(await ids("app-")) === JSON.stringify(apps));
    const { lost: gone } = await writer.stop();
    const oldest = Math.min(lost, ...[...gone.local, ...gone.on].map(({ at }) => at));
    figure("of the acknowledged writes those of the last", (lost - oldest) / 1000, "s", { max: rpo });

    // To a moment of which it is known what there was.
    await backUp(now);
    await archivedUntilNow(now);
    const moment = (await reach(now)).until ?? "";
    await sql(now, `DELETE FROM ${table}`);
    for (const wrong of ["2001-01-01T00:00Z", "2026-11-21T02:15"]) {
      const { code, output } = await restoreTo(wrong);
      holds(`a restore to ${wrong} is refused, and nothing touched`, code !== 0 && output.includes("othing was touched"), tail(output, 1).slice(0, 200));
    }
    say(`make restore STACK=local TO=${moment}`);
    const asked = performance.now();
    const { code, output } = await restoreTo(moment);
    holds("make restore succeeds", code === 0, code === 0 ? "yes" : tail(output, 10));
    figure("make restore", (performance.now() - asked) / 1000, "s", { max: rto });
    holds("what was deleted after that moment is there", await sql(await databaseServes(), `SELECT count(*) FROM ${table}`) === rows);
  },
};

async function ids(prefix: string): Promise<number[]> {
  return (await droplets()).filter(({ name }) => name.startsWith(prefix)).map(({ id }) => id).sort((a, b) => a - b);
}

async function restoreTo(moment: string) {
  return await run(process.execPath, [join(root, "make", "restore.ts"), "local", "--to", moment], { limitMs: rto * 1000 });
}
