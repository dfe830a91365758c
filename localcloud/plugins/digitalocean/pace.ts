/** Time, so that tests need not wait for it. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(reasonOf(signal));
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  }),
};

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("cancelled");
}

const minute = 60_000;

/** Resolves when one more call fits into the minute. */
export function createPace(clock: Clock, limit: number): (signal: AbortSignal) => Promise<void> {
  const calls: number[] = [];
  return async (signal) => {
    for (;;) {
      const now = clock.now();
      while (calls[0] !== undefined && calls[0] <= now - minute) calls.shift();
      const [oldest] = calls;
      if (oldest === undefined || calls.length < limit) {
        calls.push(now);
        return;
      }
      await clock.sleep(oldest + minute - now, signal);
    }
  };
}

/** Waits between polls, in ms: short at first, for a local droplet is there in seconds; the official plugin begins at 10 s. */
const pollDelays = [500, 1000, 1500, 2000, 3000];
const slowestPoll = 5000;

export interface Poll<T> {
  /** What is waited for, for the error: "droplet 'app-1' to become active". */
  what: string;
  timeoutMs: number;
  signal: AbortSignal;
  /** The answer, or "wait". An exception ends the waiting. */
  probe(): Promise<T | "wait">;
}

export async function poll<T>(clock: Clock, { what, timeoutMs, signal, probe }: Poll<T>): Promise<T> {
  const began = clock.now();
  for (let i = 0; ; i += 1) {
    const left = began + timeoutMs - clock.now();
    if (left <= 0) throw new Error(`waited ${Math.round(timeoutMs / 1000)} s for ${what}, in vain`);
    await clock.sleep(Math.min(pollDelays[i] ?? slowestPoll, left), signal);
    const answer = await probe();
    if (answer !== "wait") return answer;
  }
}
