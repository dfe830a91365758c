import { onStackOk } from "../../../make/stack.ts";
import type { Drill } from "../drill.ts";
import { reportVerdict } from "./power.ts";
import { clusterStatus, redisCli, redisMachines, scene, whole } from "./scene.ts";
import { Writer } from "./writer.ts";

const minute = 60_000;
const settings = (nodes: number) => ({ "quickcart:redis": { nodes } });

export const redisGrow: Drill = {
  name: "redis-grow",
  promise: "The Redis Cluster grows from 6 machines to 12 and shrinks to 6 again while it is written to: no write is missed for a second, and none is lost.",
  minutes: 12,
  suite: "nightly",
  where: "cloud",
  sabotage: "all masters stand still for four seconds",
  async run(context) {
    const { sabotage, figure, holds, say, restore } = context;
    await scene(context);
    restore("six machines", async () => {
      await onStackOk("up", { limitMs: 8 * minute });
      await whole(6);
    });
    const writer = await Writer.start(context, "app-1");
    say("pulumi up with twelve machines");
    await onStackOk("up", { limitMs: 8 * minute, config: settings(12) });
    const grown = (await clusterStatus()).filter(({ slots }) => slots > 0);
    // All of them: what one had at the start is with two by now, and the other one would go on.
    if (sabotage) {
      await Promise.all(grown.map(async ({ machine }) => await redisCli(machine, "client", "pause", "4000", "all")));
      await writer.flowing(1, 10_000);
    }
    holds("six masters share the slots", grown.length === 6, grown.map(({ machine, slots }) => `${machine} ${slots}`).join(", "));
    figure("longest time without a write while it grew", writer.worstGapMs / 1000, "s", { max: 1 });
    writer.reset();
    if (sabotage) return;
    say("pulumi up with six");
    await onStackOk("up", { limitMs: 8 * minute, config: settings(6) });
    figure("machines", (await redisMachines()).length, "count", { min: 6, max: 6 });
    await whole(6);
    const shrunk = (await clusterStatus()).filter(({ slots }) => slots > 0);
    holds("three masters share the slots", shrunk.length === 3, shrunk.map(({ machine, slots }) => `${machine} ${slots}`).join(", "));
    figure("longest time without a write while it shrank", writer.worstGapMs / 1000, "s", { max: 1 });
    const { plain } = await writer.verdict();
    figure("writes acknowledged without WAIT that are lost", plain.lost, "count", { max: 0 });
    await reportVerdict(context, writer);
  },
};
