/** Milliseconds until a claim that was refused is tried again; `random` is from 0 to 1. */
export function retryDelayMs(refusals: number, random: number, retryAfterMs: number): number {
  const jittered = Math.min((100 + 200 * random) * 2 ** (refusals - 1), 2_000);
  return Math.max(Math.round(jittered), retryAfterMs);
}

/** Milliseconds between two looks at a move: often at first, then as a move of ten seconds deserves. */
export const pollDelayMs = (elapsedMs: number): number => elapsedMs < 5_000 ? 200 : 1_000;

/** DigitalOcean's documented example takes 11 s; a move that takes longer than this is looked at from the start. */
export const moveLimitMs = 60_000;
