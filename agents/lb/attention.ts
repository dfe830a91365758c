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
  /** Number of the latest probe whose connection was accepted; 0 before the first. */
  reached: number;
  /** Number of the latest probe that was answered; 0 before the first. */
  answered: number;
  /** What that answer was. */
  answer: Answer | null;
  /** Answers in a row that said `serving`, without a probe in between that nobody answered. */
  servingInARow: number;
}

export const noAttention: Attention = { launched: 0, reached: 0, answered: 0, answer: null, servingInARow: 0 };

export const launch = (attention: Attention): Attention => ({ ...attention, launched: attention.launched + 1 });

export const reach = (attention: Attention, probe: number): Attention =>
  probe <= attention.reached ? attention : { ...attention, reached: probe };

/** Answers may overtake each other: an older one says nothing new. */
export function hear(attention: Attention, probe: number, answer: Answer): Attention {
  if (probe <= attention.answered) return attention;
  const inARow = probe === attention.answered + 1 ? attention.servingInARow : 0;
  return { ...attention, answered: probe, answer, servingInARow: answer === "serving" ? inARow + 1 : 0 };
}

/**
 * Milliseconds of silence that are borne. Nobody who is without power accepts connections, and a virtual machine may be held up
 * by its host for as long as this. One that accepts them may have a crowd to serve, and must not be given up for that; or it hangs.
 */
export const patienceMs = { unreachable: 600, mute: 1_500 } as const;

/** What is wrong when a target is silent for too long, as words that go on after its name; null when nothing is. Whoever answers each probe is never silent. */
export function silence({ launched, reached, answered }: Attention): string | null {
  // How long the oldest probe of those after that one has waited.
  const waitedMs = (since: number): number => Math.max(0, launched - since - 1) * probeIntervalMs;
  const unreachableMs = waitedMs(Math.max(reached, answered));
  if (unreachableMs >= patienceMs.unreachable) return `silent for ${unreachableMs} ms`;
  const muteMs = waitedMs(answered);
  return muteMs >= patienceMs.mute ? `silent for ${muteMs} ms, though it accepts connections` : null;
}
