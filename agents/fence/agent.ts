import { createSecureContext } from "node:tls";
import { run } from "../commands.ts";
import type { Topology } from "../documents.ts";
import { message } from "../errors.ts";
import { type Log, transitions } from "../log.ts";
import { readSettings, untilStopped } from "../settings.ts";
import { followTopology } from "../topology/follow.ts";
import { Beginning } from "./beginning.ts";
import { moveOff } from "./etcdLeader.ts";
import { Guard, type Known } from "./guard.ts";
import { powerOf } from "./power/choose.ts";
import { probesOf } from "./probe.ts";
import { etcdOf, readFenceSettings } from "./settings.ts";
import { shunBy } from "./shun.ts";
import type { View } from "./view.ts";
import { watchApi } from "./watchApi.ts";

/** Between two looks at who leads etcd, and at a cluster that is to begin. */
const slowLookMs = 5_000;

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
    onView: inTurn(leaderMover(etcd, own.name, log), beginner(new Beginning(etcd, own.members, log), log)),
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

type Onlooker = (view: View) => void;

const inTurn = (...onlookers: readonly Onlooker[]): Onlooker => (view) => onlookers.forEach((look) => look(view));

/** Looks at a view once in a while. */
function slowly(look: Onlooker): Onlooker {
  let lookedAt = -Infinity;
  return (view) => {
    if (performance.now() - lookedAt < slowLookMs) return;
    lookedAt = performance.now();
    look(view);
  };
}

/** Lets another machine begin the cluster where the first one left it; nothing waits for it. */
function beginner(beginning: Beginning, log: Log): Onlooker {
  const say = transitions(log);
  return slowly(({ leader }) => {
    if (leader === null) beginning.look().catch((error: unknown) => say(`whether the cluster begins cannot be seen: ${message(error)}`));
  });
}

/** Keeps etcd's leader off the primary; nothing waits for it. */
function leaderMover(etcd: Parameters<typeof moveOff>[0], self: string, log: Log): Onlooker {
  const say = transitions(log);
  return slowly(({ leader, members }) => {
    const fit = members.filter((member) => member.fit).map(({ name }) => name);
    moveOff(etcd, leader?.name === self, fit).then(
      (moved) => { if (moved !== null) say(moved); },
      (error: unknown) => say(`etcd's leader stays where it is: ${message(error)}`),
    );
  });
}
