import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { run } from "../commands.ts";
import { keys, type Topology, topologySchema } from "../documents.ts";
import { follow } from "../follow.ts";
import { message, transitions } from "../log.ts";
import { readSettings, untilStopped } from "../settings.ts";
import { applyBird, applyFlood, applyHosts } from "./apply.ts";
import type { Gateway } from "./overlay.ts";
import { initialOutside, judgeOutside, probeIntervalMs } from "./outside.ts";
import { OutsideProbe } from "./probe.ts";

/** Set on the bastions only. */
const environmentSchema = z.object({
  GATEWAY: z.enum(["1", "2"]).transform((text): Gateway => text === "1" ? 1 : 2).optional(),
});

const neighboursPath = "/etc/bird/machines.conf";
/** Asked when the object storage is silent, to tell its outage from our own. */
const secondOpinion = { host: "deb.debian.org", port: 80 };

const log = console.log;
const { GATEWAY: gateway } = environmentSchema.parse(process.env);
const settings = await readSettings(process.env);
const signal = untilStopped();

let current: Topology | null = null;
let outside = initialOutside;

/** One at a time: a new document and the watch over the outside both want it. */
let turn = Promise.resolve();

async function applyGateway(topology: Topology): Promise<void> {
  if (gateway === undefined) return;
  const work = turn.then(async () => {
    await applyFlood(run, gateway, topology);
    await applyBird(run, neighboursPath, gateway, topology, outside.alive);
  });
  turn = work.catch(() => undefined);
  await work;
}

async function watchOutside(): Promise<void> {
  const url = new URL(settings.storage.url);
  const probe = new OutsideProbe([{ host: url.hostname, port: Number(url.port || 443) }, secondOpinion]);
  const sayOutside = transitions(log);
  const sayApplied = transitions(log);
  while (!signal.aborted) {
    outside = judgeOutside(outside, await probe.reaches());
    sayOutside(outside.alive ? "the outside can be reached" : "the outside cannot be reached: leaving egress to the other gateway");
    // Every time: what BIRD or the kernel lost in a restart comes back by itself.
    if (current !== null) {
      await applyGateway(current).then(
        () => sayApplied("egress is set up"),
        (error: unknown) => sayApplied(`cannot set up egress, trying again: ${message(error)}`),
      );
    }
    await delay(probeIntervalMs, undefined, { signal }).catch(() => null);
  }
}

const following = follow({
  ...settings,
  key: keys.topology,
  cachePath: join(settings.stateDir, "topology.json"),
  schema: topologySchema,
  apply: async (topology) => {
    current = topology;
    await applyHosts("/etc/hosts", topology);
    await applyGateway(topology);
  },
  log,
  signal,
});

await Promise.all(gateway === undefined ? [following] : [following, watchOutside()]);
