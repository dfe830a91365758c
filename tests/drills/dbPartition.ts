import { tell } from "../../localcloud/client.ts";
import { actionsTake } from "./actionTime.ts";
import { databaseScene, databaseServes, others, powerActions, reportWrites, stopFences } from "./database.ts";
import type { Drill } from "./drill.ts";

const actionSeconds = 1;

export const dbPartition: Drill = {
  name: "db-partition",
  promise: "when the primary is cut off from the other database machines, but not from the app, it is off before another takes its place: writes go on after at most 5 s and the time that a power-off takes",
  minutes: 5,
  suite: "nightly",
  where: "cloud",
  sabotage: "the fences are stopped: Patroni's ttl decides",
  async run(context) {
    const { figure, say, restore } = context;
    await actionsTake(actionSeconds, context);
    const { writer, primary } = await databaseScene(context);
    if (context.sabotage) await stopFences(context, primary);
    const before = await powerActions();
    restore("the network between the database machines", async () => { await tell("heal", { machine: primary }); });
    say(`nothing passes between ${primary} and the other database machines`);
    const cut = writer.mark();
    for (const machine of await others(primary)) await tell("partition", { from: primary, to: machine });
    await writer.answering({ since: cut, limitMs: 90_000 });
    const behind = { from: cut, to: writer.mark() };
    figure("worst client gap", Math.max(writer.worstGapMs("local", cut), writer.worstGapMs("on", cut)) / 1000, "s", { max: 5 + actionSeconds });
    figure("power actions", await powerActions() - before, "count", { min: 1, max: 2 });
    await tell("heal", { machine: primary });
    await databaseServes();
    figure("all machines serve again after", (writer.mark() - cut) / 1000, "s");
    await reportWrites(context, writer, [behind]);
  },
};
