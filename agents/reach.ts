/**
 * What a target's answers to regular probes amount to. One probe is launched every interval, whether or not those before
 * it were answered, and silence is counted in probes, not in time: a process that was itself held up for a
 * while has launched none, and concludes nothing from its own sleep.
 */
export interface Reach {
  /** Number of the latest probe. */
  launched: number;
  /** Number of the latest probe whose connection was accepted; 0 before the first. */
  reached: number;
  /** Number of the latest probe that was answered; 0 before the first. */
  answered: number;
}

export const noReach: Reach = { launched: 0, reached: 0, answered: 0 };

export const launch = <T extends Reach>(reach: T): T => ({ ...reach, launched: reach.launched + 1 });

export const reach = <T extends Reach>(known: T, probe: number): T => probe <= known.reached ? known : { ...known, reached: probe };

export const hear = <T extends Reach>(known: T, probe: number): T => probe <= known.answered ? known : { ...known, answered: probe };

/** Milliseconds since anything accepted a connection, and since anything answered: how long the oldest probe after that one has waited. */
export function silentMs({ launched, reached, answered }: Reach, intervalMs: number): { unreachable: number; mute: number } {
  const since = (probe: number): number => Math.max(0, launched - probe - 1) * intervalMs;
  return { unreachable: since(Math.max(reached, answered)), mute: since(answered) };
}

export interface Patience {
  /** Nobody who is without power accepts connections. */
  unreachable: number;
  /** One that accepts them may be busy, or it hangs. */
  mute: number;
}

/** What is wrong when a target is silent for too long, as words that go on after its name; null when nothing is. */
export function silence(known: Reach, intervalMs: number, patienceMs: Patience): string | null {
  const { unreachable, mute } = silentMs(known, intervalMs);
  if (unreachable >= patienceMs.unreachable) return `silent for ${unreachable} ms`;
  return mute >= patienceMs.mute ? `silent for ${mute} ms, though it accepts connections` : null;
}
