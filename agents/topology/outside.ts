/** Whether a gateway's way out works: BFD cannot see that, it ends at the gateway. */
export interface OutsideState {
  alive: boolean;
  /** Probes in a row that contradict `alive`. */
  contradicting: number;
}

/** Quick to leave, slow to come back: a gateway that flaps is worse than one that is away. */
const probesUntil = { dead: 3, alive: 5 } as const;

/** Milliseconds between two probes. */
export const probeIntervalMs = 500;

/** Alive until proven dead: an agent that was only just started must not close a way out that works. */
export const initialOutside: OutsideState = { alive: true, contradicting: 0 };

export function judgeOutside(state: OutsideState, reached: boolean): OutsideState {
  if (reached === state.alive) return { alive: state.alive, contradicting: 0 };
  const contradicting = state.contradicting + 1;
  const enough = contradicting >= (state.alive ? probesUntil.dead : probesUntil.alive);
  return enough ? { alive: reached, contradicting: 0 } : { alive: state.alive, contradicting };
}
