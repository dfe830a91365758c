import { setTimeout as pause } from "node:timers/promises";
import { tell } from "../../localcloud/client.ts";
import { databaseScene, databaseServes, fenceStatus, others, powerActions, reportWrites } from "./database.ts";
import type { Drill } from "./drill.ts";

const stallMs = 3_000;
const cutSeconds = 12;

export const fenceMustNot: Drill = {
  name: "fence-must-not",
  promise: "a stall of 3 s, of the primary or of those that watch it, and a watcher that is cut off cost no machine its power, and nobody its place",
  minutes: 2,
  suite: "ci",
  where: "cloud",
  sabotage: "the primary stands still for 15 s",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { writer, primary } = await databaseScene(context);
    const before = await powerActions();
    const standbys = await others(primary);
    const [first = "", second = ""] = standbys;
    restore("the network between the database machines", async () => { for (const machine of standbys) await tell("heal", { machine }); });

    const begun = writer.mark();
    for (const machine of [primary, first]) {
      const milliseconds = sabotage && machine === primary ? 15_000 : stallMs;
      const stalled = writer.mark();
      const seen = await tell("stall", { machine, milliseconds });
      await writer.answering({ since: stalled, limitMs: 60_000 });
      say(`${machine} stood still for ${(seen.milliseconds / 1000).toFixed(2)} s: gap ${(writer.worstGapMs("local", stalled) / 1000).toFixed(2)} s`);
    }
    say(`both standbys stand still for ${stallMs / 1000} s`);
    await Promise.all(standbys.map(async (machine) => await tell("stall", { machine, milliseconds: stallMs })));

    say(`${first} does not see ${primary} for ${cutSeconds} s, ${second} does`);
    await tell("partition", { from: first, to: primary });
    // Not a wait for anything: a fence that acted on it would do so within this time.
    await pause(cutSeconds * 1000);
    await tell("heal", { machine: first });

    say(`${first} sees no other database machine for ${cutSeconds} s, but the cloud's API`);
    for (const machine of [primary, second]) await tell("partition", { from: first, to: machine });
    await pause(cutSeconds * 1000);
    await tell("heal", { machine: first });

    holds("the primary is still the primary", await databaseServes() === primary);
    figure("power actions", await powerActions() - before, "count", { max: 0 });
    figure("fences", (await fenceStatus()).past.length, "count", { max: 0 });
    figure("worst client gap", writer.worstGapMs("local", begun) / 1000, "s", { max: 5 });
    await reportWrites(context, writer);
  },
};
