import { setTimeout as pause } from "node:timers/promises";
import { tell } from "../../localcloud/client.ts";
import { actionsTake } from "./actionTime.ts";
import { allowFence, databaseScene, databaseServes, others, powerActions, primaryNow, reportWrites, type Scene, stopFences } from "./database.ts";
import type { Drill, DrillContext } from "./drill.ts";
import type { Behind } from "./writer/verdict.ts";

/** From the loss to the power-off that is asked for, and from its confirmation to the first write; the action's own time comes on top. */
const promisedSeconds = 5;
/** Replication is kept back for so long before the loss, or there would be nothing to lose. */
const behindMs = 300;

interface Loss {
  gapSeconds: number;
  /** Of writes that wait for a standby. */
  onGapSeconds: number;
  backSeconds: number;
  powerActions: number;
  behind: Behind;
}

/** One power loss of the primary with replication behind, until all machines serve again: by what the fence does, and nobody else. */
async function losePrimary({ writer }: Scene, { say }: DrillContext, actionSeconds: number): Promise<Loss> {
  const primary = await databaseServes();
  await allowFence();
  const before = await powerActions();
  const behindSince = writer.mark();
  for (const standby of await others(primary)) await tell("partition", { from: primary, to: standby, only: { protocol: "tcp", port: 5432 } });
  // Not a wait for anything: what is acknowledged meanwhile is what can be lost.
  await pause(behindMs);
  const lost = writer.mark();
  await tell("power", { machine: primary, change: "loss" });
  await tell("heal", { machine: primary });
  await writer.answering({ since: lost, limitMs: 90_000 + actionSeconds * 1000 });
  const behind = { from: behindSince, to: writer.mark() };
  const gapSeconds = writer.worstGapMs("local", lost) / 1000;
  const onGapSeconds = writer.worstGapMs("on", lost) / 1000;
  const next = await primaryNow();
  say(`power loss of ${primary}, action ${actionSeconds} s: gap ${gapSeconds.toFixed(2)} s, ${next} is the primary`);
  await databaseServes();
  return { gapSeconds, onGapSeconds, behind, backSeconds: (writer.mark() - lost) / 1000, powerActions: await powerActions() - before };
}

async function loseSeveral(stage: Scene, context: DrillContext, actionSeconds: number, times: number): Promise<Loss[]> {
  const { figure } = context;
  await actionsTake(actionSeconds, context);
  const losses: Loss[] = [];
  for (let round = 0; round < times; round++) losses.push(await losePrimary(stage, context, actionSeconds));
  const worst = (which: Exclude<keyof Loss, "behind">): number => Math.max(...losses.map((loss) => loss[which]));
  figure(`worst client gap, power action ${actionSeconds} s`, worst("gapSeconds"), "s", { max: promisedSeconds + actionSeconds });
  figure(`the same, synchronous_commit = on, power action ${actionSeconds} s`, worst("onGapSeconds"), "s");
  figure(`all machines serve again after, power action ${actionSeconds} s`, worst("backSeconds"), "s");
  figure(`most power actions for one loss, power action ${actionSeconds} s`, worst("powerActions"), "count", { min: 2, max: 2 });
  return losses;
}

const sabotage = "the fences are stopped: Patroni's ttl decides";

export const dbPower: Drill = {
  name: "db-power",
  promise: "when the primary loses power, writes go on after at most 5 s and the time that a power-off takes; no commit that asked for more than usual is lost, and the machine comes back by itself",
  minutes: 2,
  suite: "ci",
  where: "cloud",
  sabotage,
  async run(context) {
    const stage = await databaseScene(context);
    if (context.sabotage) await stopFences(context, stage.primary);
    const losses = await loseSeveral(stage, context, 1, 1);
    const { lost } = await reportWrites(context, stage.writer, losses.map(({ behind }) => behind));
    // Otherwise the drill would prove nothing.
    context.holds("replication was behind", lost.local.length > 0, `${lost.local.length} ordinary commits were with the primary only`);
  },
};

export const dbPowerSeries: Drill = {
  name: "db-power-series",
  promise: "the same five times over, with power-offs that take 1 s and 10 s",
  minutes: 25,
  suite: "nightly",
  where: "cloud",
  sabotage,
  async run(context) {
    const stage = await databaseScene(context);
    if (context.sabotage) await stopFences(context, stage.primary);
    const losses = [...await loseSeveral(stage, context, 1, 5), ...await loseSeveral(stage, context, 10, 5)];
    await reportWrites(context, stage.writer, losses.map(({ behind }) => behind));
  },
};
