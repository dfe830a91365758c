/**
 * What a target's answers to regular probes amount to. One probe is launched every interval, whether or not those before
 * it were answered, and silence is counted in probes, not in time: a process that was itself held up for a
 * while has launched none, and concludes nothing from its own sleep.
 */
export const probeIntervalMs = 100;

/** What a load balancer says of itself: it serves, or it is about to leave. */
export type Answer = "serving" | "leaving";

export interface Attention {
  /** Number of the latest probe. */
  launched: number;
  /** Number of the latest probe that was answered; 0 before the first. */
  answered: number;
  /** What that answer was. */
  answer: Answer | null;
  /** Answers in a row that said `serving`, without a probe in between that nobody answered. */
  servingInARow: number;
}

export const noAttention: Attention = { launched: 0, answered: 0, answer: null, servingInARow: 0 };

export const launch = (attention: Attention): Attention => ({ ...attention, launched: attention.launched + 1 });

/** Answers may overtake each other: an older one says nothing new. */
export function hear(attention: Attention, probe: number, answer: Answer): Attention {
  if (probe <= attention.answered) return attention;
  const inARow = probe === attention.answered + 1 ? attention.servingInARow : 0;
  return { ...attention, answered: probe, answer, servingInARow: answer === "serving" ? inARow + 1 : 0 };
}

/** Milliseconds that the oldest probe without an answer has waited; whoever answers each one is never silent. */
export function silentMs({ launched, answered }: Attention): number {
  return Math.max(0, launched - answered - 1) * probeIntervalMs;
}

/** As long as this a virtual machine may be held up by its host and still be fine. */
export const silenceMs = 600;
