import { cloud, onOk } from "../cloud.ts";
import type { Drill, DrillContext } from "../drill.ts";
import { clusterStatus, redisCli, scene, whole } from "./scene.ts";
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

interface Fault {
  name: string;
  promise: string;
  minutes: number;
  strike: (master: string) => Promise<void>;
  /** What is mended by itself has none. */
  mend?: (master: string) => Promise<void>;
  sabotage: string;
  prevent: (context: DrillContext, master: string, replica: string) => Promise<void>;
}

function redisLoss({ name, promise, minutes, strike, mend, sabotage, prevent }: Fault): Drill {
  return {
    name, promise, minutes, sabotage,
    suite: "ci",
    where: "cloud",
    async run(context) {
      const { figure, holds, say } = context;
      const { master, masterAddress, replica } = await scene(context);
      if (context.sabotage) await prevent(context, master, replica);
      const writer = await Writer.start(context, "app-1");
      say(`${master} is lost; ${replica} is its replica`);
      await strike(master);
      await writer.flowing(50, 15_000).catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
      figure("longest time without a write to what it held", writer.lane(masterAddress).gapMs / 1000, "s", { max: 4 });
      const others = writer.lanes().filter(({ master: one }) => one !== masterAddress);
      figure("to what the other masters hold", Math.max(...others.map(({ gapMs }) => gapMs)) / 1000, "s", { max: 2 });
      const now = (await clusterStatus()).filter(({ slots }) => slots > 0).map(({ machine }) => machine);
      holds("one of the two is master", now.includes(replica) || (mend === undefined && now.includes(master)), now.join(", "));
      await mend?.(master);
      if (context.sabotage) return;
      await whole();
      await writer.flowing(50, 15_000);
      await reportVerdict(context, writer);
    },
  };
}

export const redisPower = redisLoss({
  name: "redis-power",
  promise: "A Redis master loses its power: its replica takes over within 4 s, and no write that WAIT acknowledged is lost.",
  minutes: 1.5,
  strike: async (master) => { await cloud("power", master, "loss"); },
  mend: async (master) => { await cloud("power", master, "on"); },
  sabotage: "the replica may not take over",
  prevent: async (context, _, replica) => forbidFailover(context, replica),
});

export const redisKilled = redisLoss({
  name: "redis-killed",
  promise: "A Redis master's server is killed: it is back, or its replica has taken over, within 4 s, and no write that WAIT acknowledged is lost.",
  minutes: 1,
  strike: async (master) => { await onOk(master, ["systemctl", "kill", "--kill-whom=main", "--signal=KILL", "redis-server"]); },
  sabotage: "it may not be started again, nor may the replica take over",
  async prevent(context, master, replica) {
    context.restore(`the server of ${master}`, async () => { await onOk(master, ["sh", "-ec", "systemctl unmask --runtime redis-server; systemctl reset-failed redis-server; systemctl start redis-server"]); });
    await onOk(master, ["systemctl", "mask", "--runtime", "--quiet", "redis-server"]);
    await forbidFailover(context, replica);
  },
});
