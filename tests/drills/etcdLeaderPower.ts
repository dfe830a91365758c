import { tell } from "../../localcloud/client.ts";
import { onOk } from "./cloud.ts";
import { databaseScene, databaseServes, etcdLeader, fenceStatus, others, primaryNow, reportWrites } from "./database.ts";
import type { Drill } from "./drill.ts";

export const etcdLeaderPower: Drill = {
  name: "etcd-leader-power",
  promise: "etcd is not led from the primary; when its leader's machine loses power, the primary stays, and nobody waits longer than 2 s",
  minutes: 4,
  suite: "nightly",
  where: "cloud",
  sabotage: "etcd of the third machine is stopped: no majority is left",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { writer, primary } = await databaseScene(context);
    const leader = await etcdLeader();
    holds("etcd is led from a standby", leader !== primary, leader);
    const third = (await others(primary)).find((name) => name !== leader) ?? "";
    if (sabotage) {
      restore(`etcd of ${third}`, async () => { await onOk(third, ["systemctl", "start", "--no-block", "etcd"]); });
      await onOk(third, ["systemctl", "stop", "etcd"]);
    }
    const lost = writer.mark();
    say(`power loss of ${leader}`);
    await tell("power", { machine: leader, change: "loss" });
    await writer.answering({ since: lost, forMs: 15_000, limitMs: 60_000 });
    figure("worst client gap", Math.max(writer.worstGapMs("local", lost), writer.worstGapMs("on", lost)) / 1000, "s", { max: 2 });
    figure("worst gap of reads", writer.worstGapMs("read", lost) / 1000, "s", { max: 2 });
    holds("the primary stays", await primaryNow() === primary, await primaryNow());
    figure("fences", (await fenceStatus()).past.length, "count", { max: 0 });
    await tell("power", { machine: leader, change: "on" });
    await databaseServes();
    await reportWrites(context, writer);
  },
};
