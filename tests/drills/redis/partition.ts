import { setTimeout as pause } from "node:timers/promises";
import { cloud } from "../cloud.ts";
import type { Drill } from "../drill.ts";
import { clusterStatus, redisMachines, scene, whole } from "./scene.ts";
import { reportVerdict } from "./power.ts";
import { Writer } from "./writer.ts";

/** Longer than a majority needs to replace the master. */
const cutMs = 10_000;

export const redisPartition: Drill = {
  name: "redis-partition",
  promise: "A Redis master is cut off from the others together with a client: no write that WAIT acknowledged is lost, and the majority goes on.",
  minutes: 3,
  suite: "nightly",
  where: "cloud",
  sabotage: "the isolated client counts writes as safe without waiting for a replica",
  async run(context) {
    const { sabotage, figure, holds, say, restore } = context;
    const { master, masterAddress, replica } = await scene(context);
    const beside = await Writer.start(context, "app-2", { pinnedTo: masterAddress, pretend: sabotage });
    const writer = await Writer.start(context, "app-1");
    restore("the network", async () => void await cloud("heal"));
    say(`${master} and app-2 are cut off from everybody else; ${replica} is its replica`);
    const others = (await redisMachines()).filter((name) => name !== master);
    await Promise.all([...others.map(async (name) => cloud("partition", master, name)), cloud("partition", master, "app-1")]);
    const before = beside.lane(masterAddress).acknowledged;
    // Not a wait for anything: the isolated master must have had the time to acknowledge what will be lost.
    await pause(cutMs);
    await writer.flowing(50, 10_000);
    figure("writes that the isolated master acknowledged meanwhile", beside.lane(masterAddress).acknowledged - before, "count", { min: 1 });
    figure("longest time without a write for the majority", writer.lane(masterAddress).gapMs / 1000, "s", { max: 4.5 });
    await cloud("heal");
    await whole();
    const nodes = await clusterStatus();
    holds("the isolated master follows now", nodes.some(({ machine, role }) => machine === master && role === "replica"));
    say("the client that was cut off:");
    const { plain, waited } = await beside.verdict();
    figure("its writes acknowledged with WAIT that are lost", waited.lost, "count", { max: 0 });
    figure("its writes acknowledged without that are lost", plain.lost, "count", { min: 1 });
    await reportVerdict(context, writer);
  },
};
