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
  sabotage: "a master stands still for three seconds while slots move",
  async run(context) {
    const { sabotage, figure, holds, say, restore } = context;
    const { master } = await scene(context);
    restore("six machines", async () => {
      await onStackOk("up", { limitMs: 8 * minute });
      await whole(6);
    });
    const writer = await Writer.start(context, "app-1");
    say("pulumi up with twelve machines");
    await onStackOk("up", { limitMs: 8 * minute, config: settings(12) });
    if (sabotage) await redisCli(master, "eval", "local start = redis.call('time')[1] while redis.call('time')[1] - start < 4 do end", "0");
    const grown = (await clusterStatus()).filter(({ slots }) => slots > 0);
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
