export interface WaitOptions {
  /** What is awaited, for the error. */
  what: string;
  limitMs: number;
  everyMs?: number;
}

/** What was awaited did not come within its time. */
export class WaitedInVain extends Error {}

/** Asks until the answer is not undefined; past the limit it throws a WaitedInVain with what was awaited and the last error seen. */
export async function waitFor<T>(ask: () => Promise<T | undefined>, options: WaitOptions): Promise<T> {
  const deadline = performance.now() + options.limitMs;
  let last = "no answer yet";
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > deadline) {
      throw new WaitedInVain(`waited ${(options.limitMs / 1000).toFixed(0)} s in vain for ${options.what}; last: ${last}`);
    }
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 100));
  }
}
