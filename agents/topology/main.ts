import { join } from "node:path";
import * as z from "zod";
import { run } from "../commands.ts";
import { keys, topologySchema } from "../documents.ts";
import { follow } from "../follow.ts";
import { readSettings, untilStopped } from "../settings.ts";
import { applyHosts } from "./apply.ts";
import type { Gateway } from "./overlay.ts";
import { OutsideProbe } from "./probe.ts";
import { WayOut } from "./wayOut.ts";

/** Set on the bastions only. */
const environmentSchema = z.object({
  GATEWAY: z.enum(["1", "2"]).transform((text): Gateway => text === "1" ? 1 : 2).optional(),
});

/** Asked when the object storage is silent, to tell its outage from our own. */
const secondOpinion = { host: "deb.debian.org", port: 80 };

const { GATEWAY: gateway } = environmentSchema.parse(process.env);
const settings = await readSettings(process.env);
const signal = untilStopped();
const log = console.log;

function makeWayOut(gateway: Gateway): WayOut {
  const { hostname, port } = new URL(settings.storage.url);
  const probe = new OutsideProbe([{ host: hostname, port: Number(port || 443) }, secondOpinion]);
  return new WayOut({ gateway, probe, neighboursPath: "/etc/bird/machines.conf", run, log });
}

const wayOut = gateway === undefined ? null : makeWayOut(gateway);

const following = follow({
  ...settings,
  key: keys.topology,
  cachePath: join(settings.stateDir, "topology.json"),
  schema: topologySchema,
  apply: async (topology) => {
    await applyHosts("/etc/hosts", topology);
    await wayOut?.serve(topology);
  },
  log,
  signal,
});

await Promise.all([following, wayOut?.watch(signal)]);
