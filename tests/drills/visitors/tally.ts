import { kinds, type Kind, type Series, series, seriesOf } from "./mix.ts";
import type { Count, End, Failure, Percentiles, Tick } from "./messages.ts";

export interface Answered {
  /** By `now()`. */
  at: number;
  /** From asking to the answer's last byte. */
  ms: number;
  server: string;
  release: string;
  order: number | null;
}

/** So many failures are described, the rest only counted: an outage of minutes must not fill the memory. */
const describedFailures = 20_000;

/** Counts what became of every request. Knows no clock and no network. */
export class Tally {
  readonly #counts = perKind<Count>(() => ({ asked: 0, answered: 0, failed: 0 }));
  readonly #latencies = perKind<number[]>(() => []);
  readonly #parties = new Map<string, Tick["parties"][number]>();
  readonly #last: Record<Series, number>;
  #gaps: Record<Series, { ms: number; endedAt: number }>;
  #failures: Failure[] = [];
  #described = 0;
  #acknowledged: number[] = [];
  #lateMs = 0;

  constructor(startedAt: number) {
    this.#last = { visitors: startedAt, probe: startedAt };
    this.#gaps = noGaps(startedAt);
  }

  asked(kind: Kind): void {
    this.#counts[kind].asked += 1;
  }

  answered(kind: Kind, { at, ms, server, release, order }: Answered): void {
    this.#counts[kind].answered += 1;
    this.#latencies[kind].push(ms);
    if (order !== null) this.#acknowledged.push(order);
    const party = this.#parties.get(`${server} ${release}`) ?? { server, release, answers: 0, firstAt: at, lastAt: at };
    party.answers += 1;
    party.lastAt = at;
    this.#parties.set(`${server} ${release}`, party);
    const belongsTo = seriesOf[kind];
    if (belongsTo === null) return;
    const gap = at - this.#last[belongsTo];
    if (gap > this.#gaps[belongsTo].ms) this.#gaps[belongsTo] = { ms: gap, endedAt: at };
    this.#last[belongsTo] = at;
  }

  failed(failure: Failure): void {
    this.#counts[failure.kind].failed += 1;
    if (this.#described >= describedFailures) return;
    this.#described += 1;
    this.#failures.push(failure);
  }

  late(ms: number): void {
    this.#lateMs = Math.max(this.#lateMs, ms);
  }

  /** What happened since the last tick. */
  tick(at: number): Tick {
    const tick: Tick = {
      type: "tick",
      at,
      counts: structuredClone(this.#counts),
      gaps: {
        visitors: { ...this.#gaps.visitors, lastAnswerAt: this.#last.visitors },
        probe: { ...this.#gaps.probe, lastAnswerAt: this.#last.probe },
      },
      failures: this.#failures,
      acknowledged: this.#acknowledged,
      parties: [...this.#parties.values()].map((party) => ({ ...party })),
      lateMs: this.#lateMs,
    };
    this.#gaps = noGaps(at);
    this.#failures = [];
    this.#acknowledged = [];
    this.#lateMs = 0;
    return tick;
  }

  end(): End {
    return { type: "end", latencies: Object.fromEntries(kinds.map((kind) => [kind, percentiles(this.#latencies[kind])])) as Record<Kind, Percentiles> };
  }
}

/** Milliseconds; 0 where there was no answer at all. */
export function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => Math.round((sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

function perKind<T>(make: () => T): Record<Kind, T> {
  return { page: make(), order: make(), slow: make(), probe: make() };
}

const noGaps = (at: number): Record<Series, { ms: number; endedAt: number }> =>
  Object.fromEntries(series.map((one) => [one, { ms: 0, endedAt: at }])) as Record<Series, { ms: number; endedAt: number }>;
