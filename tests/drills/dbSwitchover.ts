import { onOk } from "./cloud.ts";
import { databaseScene, databaseServes, others, reportWrites, switchover } from "./database.ts";
import type { Drill } from "./drill.ts";
import { levels } from "./writer/messages.ts";

const rounds = 3;

export const dbSwitchover: Drill = {
  name: "db-switchover",
  promise: "when the primary hands over to a standby, nobody can write for at most 2 s, and nothing is lost",
  minutes: 4,
  suite: "nightly",
  where: "cloud",
  sabotage: "PgBouncer of the one that takes over is stopped",
  async run(context) {
    const { figure, say, restore, sabotage } = context;
    const { writer, primary: first } = await databaseScene(context);
    const worst = { local: 0, on: 0 };
    let primary = first;
    for (let round = 0; round < rounds; round++) {
      const [candidate = ""] = await others(primary);
      if (sabotage) {
        restore(`PgBouncer of ${candidate}`, async () => { await onOk(candidate, ["systemctl", "start", "pgbouncer"]); });
        await onOk(candidate, ["systemctl", "stop", "pgbouncer"]);
      }
      const begun = writer.mark();
      await switchover(primary, candidate);
      await writer.answering({ since: begun, limitMs: 30_000 });
      const gap = { local: writer.worstGapMs("local", begun) / 1000, on: writer.worstGapMs("on", begun) / 1000 };
      say(`from ${primary} to ${candidate}: gap ${gap.local.toFixed(2)} s, synchronous_commit = on ${gap.on.toFixed(2)} s`);
      for (const level of levels) worst[level] = Math.max(worst[level], gap[level]);
      primary = await databaseServes();
    }
    figure(`worst client gap of ${rounds}`, worst.local, "s", { max: 2 });
    figure(`the same, synchronous_commit = on`, worst.on, "s");
    await reportWrites(context, writer);
  },
};
