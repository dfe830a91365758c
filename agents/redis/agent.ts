import { setTimeout as delay } from "node:timers/promises";
import { message } from "../errors.ts";
import { type Log, transitions } from "../log.ts";
import { readSettings, untilStopped } from "../settings.ts";
import { followTopology } from "../topology/follow.ts";
import { carryOut, type Hands } from "./carryOut.ts";
import { slotCount } from "./clusterNodes.ts";
import { coordinates, decide } from "./decide.ts";
import { holdingLock, takeLock } from "./lock.ts";
import { Nodes } from "./nodes.ts";
import { redisCli } from "./redisCli.ts";
import { readRedisSettings } from "./settings.ts";
import { look, redisMachines, survey } from "./survey.ts";

const busyMs = 500;
const idleMs = 2_000;
/** Of a command that moves slots. */
const moveTimeoutMs = 90_000;

type Machines = readonly { name: string; address: string }[];

/** One look at the cluster, and at most one step. Answers what to say, and whether to look again soon. */
export async function round(self: string, machines: Machines, hands: Hands): Promise<{ words: string; soon: boolean }> {
  if (!machines.some(({ name }) => name === self)) return { words: "the topology document does not name this machine: it leaves the cluster to the others", soon: false };
  const own = await look(hands.ask, hands.ownAddress);
  if (!coordinates(self, machines, own)) return { words: "another machine looks after the cluster", soon: false };
  const view = await survey(hands.ask, self, machines);
  if (view === null) return { words: "the Redis of this machine does not answer", soon: true };
  const decision = decide(view);
  if (decision.do === "nothing" || decision.do === "refuse") return { words: await carryOut(decision, view, hands), soon: false };
  if (decision.do === "wait") return { words: await carryOut(decision, view, hands), soon: true };
  const act = async (): Promise<string> => await carryOut(decision, view, hands);
  // Before there are slots, there is nowhere to keep a lock, and nothing to lose; nor is there in slots that a node waits for in vain,
  // of which the lock's own may be one.
  if (!view.own.nodes.some((node) => slotCount(node) > 0) || decision.do === "assign" || decision.do === "abandon") return { words: await act(), soon: true };
  const holder = await takeLock(hands.ask, hands.ownAddress, self);
  if (holder !== self) return { words: `${holder} is changing the cluster`, soon: true };
  return { words: await holdingLock(hands.ask, hands.ownAddress, self, act), soon: true };
}

/** What runs on a Redis machine all the time. */
export async function runAgent(log: Log): Promise<void> {
  const { self, ownAddress, password, tls } = await readRedisSettings(process.env);
  const settings = await readSettings(process.env);
  const signal = untilStopped();
  const nodes = new Nodes({ user: "admin", password, tls });
  const patient = new Nodes({ user: "admin", password, tls, timeoutMs: moveTimeoutMs });
  const hands: Hands = { ask: nodes.ask, mover: { ask: patient.ask, user: "admin", password }, redisCli: redisCli({ password, tls }), ownAddress };
  let machines: Machines = [];
  const say = transitions(log);

  async function keepLooking(): Promise<void> {
    while (!signal.aborted) {
      const { words, soon } = await round(self, machines, hands).catch((error: unknown) => ({ words: message(error), soon: true }));
      say(words);
      await delay(soon ? busyMs : idleMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }

  await Promise.all([
    keepLooking(),
    followTopology({
      ...settings,
      apply: async (topology) => {
        machines = redisMachines(topology);
        await Promise.resolve();
      },
      log,
      signal,
    }),
  ]);
  nodes.close();
  patient.close();
}
