import type { Clock } from "../clock.ts";

/** DigitalOcean's own: https://docs.digitalocean.com/reference/api/reference/#section/Introduction/Rate-Limit */
export interface Limit {
  requests: number;
  seconds: number;
}

export interface Verdict {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** When the window that is reported ends, in seconds since 1970. */
  reset: number;
  /** Seconds until a request is allowed again; 0 when this one is. */
  retryAfter: number;
}

interface Window {
  startedAt: number;
  count: number;
}

/** Counts in windows that begin with a token's first request. The last of the limits is the one that the headers report. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count(token: string, limits: Limit[]): Verdict {
    const now = this.#clock.now();
    let verdict: Verdict = { allowed: true, limit: 0, remaining: 0, reset: 0, retryAfter: 0 };
    for (const limit of limits) {
      const window = this.#window(`${token} ${limit.seconds}`, limit, now);
      window.count += 1;
      const endsAt = window.startedAt + limit.seconds * 1000;
      const over = window.count > limit.requests;
      verdict = {
        allowed: verdict.allowed && !over,
        limit: limit.requests,
        remaining: Math.max(0, limit.requests - window.count),
        reset: Math.ceil(endsAt / 1000),
        retryAfter: Math.max(verdict.retryAfter, over ? Math.max(1, Math.ceil((endsAt - now) / 1000)) : 0),
      };
    }
    return verdict;
  }

  #window(key: string, limit: Limit, now: number): Window {
    const known = this.#windows.get(key);
    if (known !== undefined && now < known.startedAt + limit.seconds * 1000) return known;
    const fresh = { startedAt: now, count: 0 };
    this.#windows.set(key, fresh);
    return fresh;
  }
}
