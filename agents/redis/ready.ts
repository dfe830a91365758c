import { setTimeout as delay } from "node:timers/promises";
import { topologySchema } from "../documents.ts";
import { message } from "../errors.ts";
import { readIfThere } from "../files.ts";
import { parseDocument } from "../follow.ts";
import { type Log, transitions } from "../log.ts";
import { slotCount } from "./clusterNodes.ts";
import { decide } from "./decide.ts";
import type { Ask } from "./nodes.ts";
import { redisMachines, survey } from "./survey.ts";
import type { View } from "./view.ts";

export interface ReadyOptions {
  readonly ask: Ask;
  readonly self: string;
  /** Machines that the cluster is to have. */
  readonly machines: number;
  readonly topologyPath: string;
  readonly log: Log;
  /** Gives up once nothing has changed for this long, in milliseconds: slots that move may take their time. */
  readonly patienceMs?: number;
}

const pollMs = 500;

/** Waits until the cluster is as the topology document wants it; answers whether it came to that. */
export async function becomesReady(options: ReadyOptions): Promise<boolean> {
  const { log, patienceMs = 180_000 } = options;
  const say = transitions(log);
  let last = "";
  let since = performance.now();
  for (;;) {
    const state = await stateOf(options).catch((error: unknown) => ({ ready: false, words: message(error), detail: "" }));
    if (state.ready) return true;
    say(state.words);
    if (state.words + state.detail !== last) since = performance.now();
    last = state.words + state.detail;
    if (performance.now() - since > patienceMs) {
      log(`nothing has changed for ${patienceMs / 1000} s`);
      return false;
    }
    await delay(pollMs);
  }
}

async function stateOf({ ask, self, machines, topologyPath }: ReadyOptions): Promise<{ ready: boolean; words: string; detail: string }> {
  const kept = await readIfThere(topologyPath);
  const waiting = (words: string) => ({ ready: false, words, detail: "" });
  if (kept === null) return waiting("the agent has not read the topology document yet");
  const wanted = redisMachines(parseDocument(topologySchema, kept));
  if (wanted.length !== machines) return waiting(`the topology document that the agent has read names ${wanted.length} machines of the tier, not ${machines}`);
  const view = await survey(ask, self, wanted);
  if (view === null) return waiting("the Redis of this machine does not answer");
  const decision = decide(view);
  return { ready: decision.do === "nothing", words: "why" in decision ? decision.why : `to be done yet: ${decision.do}`, detail: shares(view) };
}

const shares = ({ own }: View): string => own.nodes.map((node) => `${node.id} ${slotCount(node)}`).toSorted().join();
