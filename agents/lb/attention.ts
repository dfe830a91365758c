import { noReach, type Patience, type Reach, silence as silenceOf } from "../reach.ts";

export const probeIntervalMs = 100;

/** What a load balancer says of itself: it serves, or it is about to leave. */
export type Answer = "serving" | "leaving";

/** What a load balancer's answers to regular probes amount to. */
export interface Attention extends Reach {
  /** What the latest answer was. */
  answer: Answer | null;
  /** Answers in a row that said `serving`, without a probe in between that nobody answered. */
  servingInARow: number;
}

export const noAttention: Attention = { ...noReach, answer: null, servingInARow: 0 };

/** Answers may overtake each other: an older one says nothing new. */
export function hear(attention: Attention, probe: number, answer: Answer): Attention {
  if (probe <= attention.answered) return attention;
  const inARow = probe === attention.answered + 1 ? attention.servingInARow : 0;
  return { ...attention, answered: probe, answer, servingInARow: answer === "serving" ? inARow + 1 : 0 };
}

/**
 * Milliseconds of silence that are borne. A virtual machine may be held up by its host for as long as the first; one that
 * accepts connections may have a crowd to serve, and must not be given up for that.
 */
export const patienceMs: Patience = { unreachable: 600, mute: 1_500 };

/** What is wrong when it is silent for too long. Whoever answers each probe is never silent. */
export const silence = (attention: Attention): string | null => silenceOf(attention, probeIntervalMs, patienceMs);
