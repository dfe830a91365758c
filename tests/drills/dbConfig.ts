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
  promise: "a changed setting that wants PostgreSQL restarted reaches all database machines, one after the other, whether it becomes less or more: none is replaced, and nobody can write for at most 2 s at a time",
  minutes: 10,
  suite: "nightly",
  where: "host",
  sabotage: "the setting is not changed",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { writer, primary } = await databaseScene(context);
    const machines = await ids();
    const usual = Number(await sql(primary, "SHOW max_connections"));
    const fewer = usual - 5;
    let isUsual = true;
    /** Less is the harder way: a standby must not have less than its primary. */
    const change = async (connections: number, name: string): Promise<void> => {
      say(`max_connections becomes ${connections}`);
      const begun = writer.mark();
      isUsual = connections === usual;
      await onStackOk("up", { limitMs: 8 * minute, config: isUsual || sabotage ? {} : { [setting]: { maxConnections: connections } } });
      await databaseServes();
      figure(`worst client gap, ${name} connections`, writer.worstGapMs("local", begun) / 1000, "s", { max: 2 });
      const values = await Promise.all(["db-1", "db-2", "db-3"].map(async (member) => Number(await sql(member, "SHOW max_connections"))));
      holds(`every machine has ${name}`, values.every((value) => value === connections), values.join(", "));
    };
    restore("the setting", async () => {
      if (!isUsual) await onStackOk("up", { limitMs: 8 * minute });
      await databaseServes();
    });
    await change(fewer, "fewer");
    await change(usual, "more");
    holds("the machines are the same", await ids() === machines, machines);
    await reportWrites(context, writer);
  },
};
