import { onOk } from "../cloud.ts";
import type { Drill } from "../drill.ts";
import { redisCli, scene, whole } from "./scene.ts";
import { reportVerdict } from "./power.ts";
import { Writer } from "./writer.ts";

const mib = 2 ** 20;

async function info(machine: string, section: string, name: string): Promise<number> {
  const line = (await redisCli(machine, "info", section)).split(/\r?\n/).find((one) => one.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`INFO ${section} of ${machine} has no ${name}`);
  return Number(line.slice(name.length + 1));
}

export const redisFull: Drill = {
  name: "redis-full",
  promise: "A Redis master is filled to its limit: it refuses writes and says why, evicts nothing, goes on answering reads, and takes writes again once there is room.",
  minutes: 4,
  suite: "nightly",
  where: "cloud",
  sabotage: "it may evict what it holds",
  async run(context) {
    const { sabotage, figure, holds, say, restore } = context;
    const { master, masterAddress, replica } = await scene(context);
    if (sabotage) {
      for (const machine of [master, replica]) {
        await redisCli(machine, "config", "set", "maxmemory-policy", "allkeys-random");
        restore(`${machine} evicts nothing`, async () => void await redisCli(machine, "config", "set", "maxmemory-policy", "noeviction"));
      }
    }
    const writer = await Writer.start(context, "app-1");
    restore("room", async () => void await writer.empty());
    const limit = await info(master, "memory", "maxmemory");
    say(`${master} is filled to ${Math.round(limit / mib)} MiB`);
    // Of an earlier drill, which may have been sabotaged.
    const evicted = await info(master, "stats", "evicted_keys");
    await writer.fill(masterAddress, limit + (sabotage ? 64 * mib : 0));
    const before = writer.lane(masterAddress);
    figure("it holds", await info(master, "memory", "used_memory") / mib, "MiB", { min: 0.95 * limit / mib });
    holds("writes are refused, and why is said", sabotage || /OOM/.test(before.lastError ?? ""), before.lastError ?? "no error");
    figure("keys evicted", await info(master, "stats", "evicted_keys") - evicted, "count", { max: 0 });
    figure("reads of what it holds that failed", await writer.missing(), "count", { max: 0 });
    // What a rewrite of the append-only file copies must find room beside the data.
    await redisCli(master, "bgrewriteaof");
    await onOk(master, ["bash", "-c", 'for _ in $(seq 60); do quickcart-redis-cli info persistence | grep -q "aof_rewrite_in_progress:0" && exit; sleep 1; done; exit 1'], 90_000);
    holds("and its file can be rewritten", (await redisCli(master, "info", "persistence")).includes("aof_last_bgrewrite_status:ok"));
    await writer.empty();
    await writer.flowing(50, 15_000);
    await whole();
    await reportVerdict(context, writer);
  },
};
