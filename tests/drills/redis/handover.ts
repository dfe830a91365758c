import { onOk } from "../cloud.ts";
import type { Drill } from "../drill.ts";
import { reportVerdict } from "./power.ts";
import { clusterStatus, redisCli, scene, whole } from "./scene.ts";
import { Writer } from "./writer.ts";

export const redisHandover: Drill = {
  name: "redis-handover",
  promise: "A Redis master is stopped as administrators do it: its replica takes over first, and writes go on within 1 s, none lost.",
  minutes: 2,
  suite: "nightly",
  where: "cloud",
  sabotage: "the server is ended without a word to its replica",
  async run(context) {
    const { sabotage, figure, holds, say, restore } = context;
    const { master, masterAddress, replica } = await scene(context);
    const writer = await Writer.start(context, "app-1");
    say(sabotage ? `${master}'s server is ended` : `${master}'s server is stopped; ${replica} is its replica`);
    restore(`${master}'s server`, async () => void await onOk(master, ["systemctl", "start", "redis-server"]));
    if (sabotage) await redisCli(master, "shutdown", "nosave", "force").catch(() => "it said nothing more");
    else await onOk(master, ["systemctl", "stop", "redis-server"]);
    await writer.flowing(50, 15_000);
    figure("longest time without a write to what it held", writer.lane(masterAddress).gapMs / 1000, "s", { max: 1 });
    const now = (await clusterStatus()).filter(({ slots }) => slots > 0).map(({ machine }) => machine);
    holds("its replica is master", now.includes(replica), now.join(", "));
    await onOk(master, ["systemctl", "start", "redis-server"]);
    await whole();
    const { plain } = await writer.verdict();
    figure("writes acknowledged without WAIT that are lost", plain.lost, "count", { max: 0 });
    await reportVerdict(context, writer);
  },
};
