import { join } from "node:path";
import * as z from "zod";
import { run } from "../commands.ts";
import { keys, topologySchema } from "../documents.ts";
import { follow } from "../follow.ts";
import { peering, type Position } from "../lb/peering.ts";
import { readSettings, untilStopped } from "../settings.ts";
import { applyHosts } from "./apply.ts";
import { followTopology } from "./follow.ts";
import type { Gateway } from "./overlay.ts";
import { OutsideProbe } from "./probe.ts";
import { Tunnel } from "./tunnel.ts";
import { WayOut } from "./wayOut.ts";

const oneOfTwo = z.enum(["1", "2"]).transform((text): 1 | 2 => text === "1" ? 1 : 2).optional();

const environmentSchema = z.object({
  /** Set on the bastions only. */
  GATEWAY: oneOfTwo,
  /** Set on the load balancers only. */
  POSITION: oneOfTwo,
});

/** Asked when the object storage is silent, to tell its outage from our own. */
const secondOpinion = { host: "deb.debian.org", port: 80 };

const { GATEWAY: gateway, POSITION: position } = environmentSchema.parse(process.env);
const settings = await readSettings(process.env);
const signal = untilStopped();
const log = console.log;

function makeWayOut(gateway: Gateway): WayOut {
  const { hostname, port } = new URL(settings.storage.url);
  const probe = new OutsideProbe([{ host: hostname, port: Number(port || 443) }, secondOpinion]);
  return new WayOut({ gateway, probe, neighboursPath: "/etc/bird/machines.conf", run, log });
}

const wayOut = gateway === undefined ? null : makeWayOut(gateway);

const following = followTopology({
  ...settings,
  apply: async (topology) => {
    await applyHosts("/etc/hosts", topology);
    await wayOut?.serve(topology);
  },
  log,
  signal,
});

/** Only the other load balancer has to know where one is. */
async function followPeer(position: Position): Promise<void> {
  const tunnel = new Tunnel({ run, log });
  const other = peering.other(position);
  const following = follow({
    ...settings,
    key: keys.loadBalancer(other),
    cachePath: join(settings.stateDir, `lb-${other}.json`),
    schema: topologySchema,
    apply: (document) => tunnel.reach(document),
    log,
    signal,
  });
  await Promise.all([following, tunnel.watch(signal)]);
}

await Promise.all([following, wayOut?.watch(signal), position === undefined ? null : followPeer(position)]);
