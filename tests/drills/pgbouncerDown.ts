import { onOk } from "./cloud.ts";
import { databaseScene, databaseServes, others, reportWrites } from "./database.ts";
import type { Drill } from "./drill.ts";

const shell = async (machine: string, command: string): Promise<void> => { await onOk(machine, ["sh", "-ec", command]); };
const kill = "systemctl kill --kill-whom=all --signal=KILL pgbouncer";

export const pgbouncerDown: Drill = {
  name: "pgbouncer-down",
  promise: "a primary's PgBouncer that is killed is back within 2 s; a standby whose PgBouncer stays down gets no reads",
  minutes: 4,
  suite: "nightly",
  where: "cloud",
  sabotage: "the primary's may not be started again",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { writer, primary } = await databaseScene(context);
    const mend = async (machine: string): Promise<void> => shell(machine, "systemctl unmask --runtime pgbouncer; systemctl reset-failed pgbouncer; systemctl start pgbouncer");
    if (sabotage) {
      restore(`PgBouncer of ${primary}`, async () => mend(primary));
      await shell(primary, "systemctl mask --runtime --quiet pgbouncer");
    }
    say(`PgBouncer of ${primary} killed`);
    const killed = writer.mark();
    await shell(primary, kill);
    await writer.answering({ since: killed, limitMs: 30_000 });
    figure("the primary's killed: worst client gap", writer.worstGapMs("local", killed) / 1000, "s", { max: 2 });

    const [standby = ""] = await others(primary);
    restore(`PgBouncer of ${standby}`, async () => mend(standby));
    say(`PgBouncer of ${standby} killed for good`);
    const down = writer.mark();
    await shell(standby, `systemctl mask --runtime --quiet pgbouncer; ${kill}`);
    await writer.answering({ since: down, limitMs: 30_000 });
    figure("a standby's killed for good: worst gap of reads", writer.worstGapMs("read", down) / 1000, "s", { max: 1 });
    figure("a standby's killed for good: worst gap of writes", writer.worstGapMs("local", down) / 1000, "s", { max: 1 });
    await mend(standby);
    holds("the primary is still the primary", await databaseServes() === primary);
    await reportWrites(context, writer);
  },
};
