import { onStackOk } from "../../make/stack.ts";
import { droplets } from "./cloud.ts";
import { databaseScene, databaseServes, reportWrites, sql } from "./database.ts";
import type { Drill } from "./drill.ts";

const minute = 60_000;
const setting = "quickcart:database";

const ids = async (): Promise<string> =>
  (await droplets()).filter(({ name }) => name.startsWith("db-")).map(({ id, name }) => `${name} ${id}`).sort().join(", ");

export const dbConfig: Drill = {
  name: "db-config",
  promise: "a changed setting that wants PostgreSQL restarted reaches all database machines, one after the other: none is replaced, and nobody can write for at most 2 s at a time",
  minutes: 8,
  suite: "nightly",
  where: "host",
  sabotage: "the setting is not changed",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { writer, primary } = await databaseScene(context);
    const before = await ids();
    const connections = Number(await sql(primary, "SHOW max_connections"));
    const wanted = sabotage ? connections : connections + 5;
    restore("the setting", async () => {
      await onStackOk("up", { limitMs: 8 * minute });
      await databaseServes();
    });
    say(`max_connections from ${connections} to ${wanted}`);
    const begun = writer.mark();
    await onStackOk("up", { limitMs: 8 * minute, config: { [setting]: { maxConnections: wanted } } });
    const primaryThen = await databaseServes();
    figure("worst client gap", writer.worstGapMs("local", begun) / 1000, "s", { max: 2 });
    figure("max_connections of the primary", Number(await sql(primaryThen, "SHOW max_connections")), "count", { min: connections + 5, max: connections + 5 });
    holds("the machines are the same", await ids() === before, before);
    await reportWrites(context, writer);
  },
};
