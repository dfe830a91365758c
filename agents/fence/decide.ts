import type { Past } from "./keys.ts";
import type { View } from "./view.ts";

export interface Situation {
  /** This machine. */
  self: string;
  /** Whether there is a token of the cloud's API. */
  enabled: boolean;
  /** Whom this machine has been probing. */
  watched: string | null;
  /** What is wrong with that one's answers, in words that go on after its name; null when nothing is. */
  silence: string | null;
  /** By how much this agent's own tick was late: a machine that stood still itself has nothing to say of others. */
  lateMs: number;
  /** What etcd says right now; null when it does not answer, or has no quorum. */
  view: View | null;
  /** The watched machine as the cloud's API names it; null when the topology document does not say. */
  machineId: string | null;
  /** Milliseconds since 1970. */
  now: number;
}

export interface Decision {
  fence: boolean;
  /** For the log: what an operator is to know of it at night. */
  why: string;
}

/** A tick that is later than this concludes nothing. */
export const lateLimitMs = 1_000;

const minute = 60_000;

/** Whatever is wrong with a cluster that wants more than this is nothing that power-offs mend. */
export const limits = {
  ofOne: { fences: 1, withinMs: 10 * minute, words: "10 minutes" },
  ofAll: { fences: 2, withinMs: 60 * minute, words: "an hour" },
} as const;

/** Whether to cut the power of Patroni's leader now, which it can do without and the cluster cannot: once it is off, its leader key may go. */
export function decide(situation: Situation): Decision {
  const { self, enabled, watched, silence, lateMs, view, machineId } = situation;
  const no = (why: string): Decision => ({ fence: false, why });
  if (!enabled) return no("fencing is off: this stack has no quickcart:fenceToken");
  if (watched === null) return no("Patroni has no leader");
  if (watched === self) return no("this machine is the leader");
  if (lateMs > lateLimitMs) return no(`this machine itself stood still for ${lateMs} ms`);
  if (silence === null) return no(`${watched} answers`);
  if (view === null) return no(`${watched} is ${silence}, but etcd does not answer with its quorum: this machine may be the one that is cut off`);
  if (view.leader === null) return no(`${watched} is ${silence}, and Patroni has given its leadership up`);
  if (view.leader.name !== watched) return no(`${watched} is ${silence}, and ${view.leader.name} leads by now`);
  if (view.paused) return no(`${watched} is ${silence}, but Patroni is paused`);
  if (view.fencing !== null) return no(`${watched} is ${silence}; ${view.fencing.by} is fencing ${view.fencing.machine}`);
  const others = (view.blind.get(watched) ?? []).filter((observer) => observer !== self && observer !== watched);
  if (others.length === 0) return no(`${watched} is ${silence}, but nobody else says so`);
  if (successors(view, watched).length === 0) return no(`${watched} is ${silence}, but no replica is fit to take over`);
  if (machineId === null) return no(`${watched} is ${silence}, but the topology document does not say what the cloud's API calls it`);
  const tooMany = limited(view.past, watched, situation.now);
  if (tooMany !== null) return no(`${watched} is ${silence}, but ${tooMany}`);
  return { fence: true, why: `${watched} is ${silence}, ${others.join(" and ")} ${others.length === 1 ? "does" : "do"} not see it either` };
}

/** Whom Patroni would make the primary, if the leader were gone: never one that lacks what was acknowledged. */
function successors({ members, sync }: View, leader: string): string[] {
  return members
    .filter(({ name, fit }) => fit && name !== leader && (sync?.leader !== leader || sync.standbys.includes(name)))
    .map(({ name }) => name);
}

function limited(past: readonly Past[], machine: string, now: number): string | null {
  const within = (ms: number): Past[] => past.filter(({ at }) => now - at < ms);
  const { ofOne, ofAll } = limits;
  if (within(ofOne.withinMs).filter((one) => one.machine === machine).length >= ofOne.fences) {
    return `it was fenced within the last ${ofOne.words}`;
  }
  return within(ofAll.withinMs).length >= ofAll.fences ? `${ofAll.fences} machines were fenced within ${ofAll.words}` : null;
}
