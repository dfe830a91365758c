import { cloud } from "../cloud.ts";
import type { Drill, DrillContext } from "../drill.ts";
import { clusterStatus, redisCli, scene } from "./scene.ts";
import { Writer } from "./writer.ts";

/** The replica does not take over: what the drill must notice. */
async function forbidFailover({ restore }: DrillContext, replica: string): Promise<void> {
  await redisCli(replica, "config", "set", "cluster-replica-no-failover", "yes");
  restore(`${replica}'s right to take over`, async () => void await redisCli(replica, "config", "set", "cluster-replica-no-failover", "no"));
}

export async function reportVerdict({ figure }: DrillContext, writer: Writer): Promise<void> {
  figure("the client's own process was late by at most", writer.lateMs / 1000, "s");
  const { plain, waited } = await writer.verdict();
  figure("writes acknowledged with WAIT", waited.acknowledged, "count", { min: 1 });
  figure("of these lost", waited.lost, "count", { max: 0 });
  figure("writes acknowledged without", plain.acknowledged, "count", { min: 1 });
  figure("of these lost: replication is asynchronous", plain.lost, "count");
}

export const redisPower: Drill = {
  name: "redis-power",
  promise: "A Redis master loses its power: its replica takes over within 4 s, and no write that WAIT acknowledged is lost.",
  minutes: 3,
  suite: "ci",
  where: "cloud",
  sabotage: "the replica may not take over",
  async run(context) {
    const { sabotage, figure, holds, say } = context;
    const { master, masterAddress, replica } = await scene(context);
    if (sabotage) await forbidFailover(context, replica);
    const writer = await Writer.start(context, "app-1");
    say(`${master} loses its power; ${replica} is its replica`);
    await cloud("power", master, "loss");
    await writer.flowing(50, 15_000).catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
    figure("longest time without a write to what it held", writer.lane(masterAddress).gapMs / 1000, "s", { max: 4 });
    const others = writer.lanes().filter(({ master: one }) => one !== masterAddress);
    figure("to what the other masters hold", Math.max(...others.map(({ gapMs }) => gapMs)) / 1000, "s", { max: 2 });
    const now = (await clusterStatus()).filter(({ slots }) => slots > 0).map(({ machine }) => machine);
    holds("its replica is master", now.includes(replica), now.join(", "));
    await cloud("power", master, "on");
    if (sabotage) return;
    await writer.flowing(50, 15_000);
    await reportVerdict(context, writer);
  },
};
