import { tell } from "../../localcloud/client.ts";
import { actionsTake } from "./actionTime.ts";
import { onOk } from "./cloud.ts";
import { databaseScene, databaseServes, others, patroni, primaryNow, reportGaps, reportWrites } from "./database.ts";
import type { Drill } from "./drill.ts";

/** Longer than Patroni's ttl, so that the confirmation comes when it is of no use any more. */
const actionSeconds = 60;

export const fenceUnconfirmed: Drill = {
  name: "fence-unconfirmed",
  promise: "while the cloud does not confirm that the primary is off, its leader key stays; Patroni's ttl decides, and writes go on after at most 40 s",
  minutes: 6,
  suite: "nightly",
  where: "cloud",
  sabotage: "Patroni's ttl is 90 s",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { writer, primary } = await databaseScene(context);
    await actionsTake(actionSeconds, context);
    if (sabotage) {
      restore("Patroni's ttl", async () => { await patroni(await primaryNow(), "edit-config", "--force", "--set", "ttl=20"); });
      await patroni(primary, "edit-config", "--force", "--set", "ttl=90");
    }
    const standbys = await others(primary);
    const begun = `@${Math.floor(Date.now() / 1000)}`;
    const lost = writer.mark();
    say(`power loss of ${primary}; a power-off takes ${actionSeconds} s`);
    await tell("power", { machine: primary, change: "loss" });
    await writer.answering({ since: lost, limitMs: 120_000 });
    const behind = { from: lost, to: writer.mark() };
    reportGaps(context, writer, "worst client gap", lost, 40);
    const next = await primaryNow();
    holds("another machine is the primary", next !== primary, next);
    const said = async (words: string): Promise<boolean> => {
      const journals = await Promise.all(standbys.map(async (machine) => await onOk(machine, ["journalctl", "--unit=quickcart-fence", `--since=${begun}`, "--output=cat"])));
      return journals.some((journal) => journal.includes(words));
    };
    holds("a fence had asked for the power-off", await said("cutting its power"));
    await databaseServes(240_000);
    holds("no fence has released the leader key", !await said("its leader key is released"));
    figure("all machines serve again after", (writer.mark() - lost) / 1000, "s");
    await reportWrites(context, writer, [behind]);
  },
};
