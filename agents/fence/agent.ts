import { createSecureContext } from "node:tls";
import { run } from "../commands.ts";
import type { Topology } from "../documents.ts";
import { message } from "../errors.ts";
import { type Log, transitions } from "../log.ts";
import { readSettings, untilStopped } from "../settings.ts";
import { followTopology } from "../topology/follow.ts";
import { moveOff } from "./etcdLeader.ts";
import { Guard, type Known } from "./guard.ts";
import { powerOf } from "./power/choose.ts";
import { probesOf } from "./probe.ts";
import { etcdOf, readFenceSettings } from "./settings.ts";
import { shunBy } from "./shun.ts";
import type { View } from "./view.ts";
import { watchApi } from "./watchApi.ts";

/** Between two looks at who leads etcd. */
const etcdLookMs = 5_000;

/** What runs on a database machine all the time. */
export async function runAgent(log: Log): Promise<void> {
  const own = await readFenceSettings();
  const settings = await readSettings(process.env);
  const signal = untilStopped();
  const etcd = etcdOf(own);
  const power = own.token === null ? null : powerOf(own.cloud, { token: own.token });
  // Made once: reading the certificates costs more than all else that a probe does.
  const secureContext = createSecureContext(own.tls);
  let machines: ReadonlyMap<string, Known> = new Map();
  log(`${own.name}: ${power === null ? "fencing is off, there is no token" : "a leader that is gone is powered off before another takes its place"}`);

  const guard = new Guard({
    self: own.name, store: etcd, power, log,
    machines: () => machines,
    probesOf: (address) => probesOf(address, secureContext),
    shun: shunBy(run),
    onView: leaderMover(etcd, own.name, log),
  });
  await Promise.all([
    guard.run(signal),
    power === null ? null : watchApi({ power, self: () => machines.get(own.name)?.id ?? null, log }, signal),
    followTopology({
      ...settings,
      apply: async (topology) => { machines = knownOf(topology); },
      log,
      signal,
    }),
  ]);
  etcd.close();
  power?.close();
}

export const knownOf = ({ machines }: Topology): Map<string, Known> =>
  new Map(machines.map(({ name, privateAddress, id }) => [name, { address: privateAddress, id: id ?? null }]));

/** Keeps etcd's leader off the primary; nothing waits for it. */
function leaderMover(etcd: Parameters<typeof moveOff>[0], self: string, log: Log): (view: View) => void {
  const say = transitions(log);
  let lookedAt = -Infinity;
  return ({ leader, members }) => {
    if (performance.now() - lookedAt < etcdLookMs) return;
    lookedAt = performance.now();
    const fit = members.filter((member) => member.fit).map(({ name }) => name);
    moveOff(etcd, leader?.name === self, fit).then(
      (moved) => { if (moved !== null) say(moved); },
      (error: unknown) => say(`etcd's leader stays where it is: ${message(error)}`),
    );
  };
}
