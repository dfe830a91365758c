import { quantile } from "../statistics.ts";

/** How Patroni looks after its leader; in seconds, as in its dynamic configuration. */
export interface Pace {
  ttl: number;
  loop_wait: number;
  retry_timeout: number;
}

/** https://patroni.readthedocs.io/en/latest/dynamic_configuration.html */
export const asItComes: Pace = { ttl: 30, loop_wait: 10, retry_timeout: 10 };

export const names = ["as it comes", "tuned", "fenced"] as const;
export type Name = (typeof names)[number];

/** Seconds without an acknowledgement, by what was asked. */
export interface Gap {
  local: number;
  on: number;
  read: number;
}

export interface Result extends Pace {
  name: Name;
  gaps: Gap[];
  median: Gap;
  worst: Gap;
}

/** One at least. Pure. */
export function resultOf(name: Name, pace: Pace, gaps: readonly Gap[]): Result {
  const of = (part: number): Gap => ({ local: figure("local", part), on: figure("on", part), read: figure("read", part) });
  const figure = (what: keyof Gap, part: number): number => round(quantile(gaps.map((gap) => gap[what]), part));
  return { name, ...pace, gaps: gaps.map(({ local, on, read }) => ({ local: round(local), on: round(on), read: round(read) })), median: of(0.5), worst: of(1) };
}

/** What is promised of them and does not hold; nothing when all does. @param actionSeconds what a power-off takes */
export function broken(results: readonly Result[], promisedSeconds: number, actionSeconds: number): string[] {
  const found = (name: Name): Result | undefined => results.find((one) => one.name === name);
  const [usual, tuned, fenced] = [found("as it comes"), found("tuned"), found("fenced")];
  if (usual === undefined || tuned === undefined || fenced === undefined) return ["not all of them were measured"];
  const max = promisedSeconds + actionSeconds;
  return [
    ...fenced.worst.local > max ? [`fenced: at worst ${fenced.worst.local} s without writes, promised are ${promisedSeconds} s and the action's ${actionSeconds} s`] : [],
    ...fenced.median.local >= tuned.median.local ? ["the fence is of no use: without it writes go on as soon"] : [],
    ...tuned.median.local >= usual.median.local ? ["our settings are of no use: with Patroni's own writes go on as soon"] : [],
  ];
}

const round = (value: number): number => Math.round(value * 100) / 100;
