import { paired, type Spread } from "../statistics.ts";
import type { Sample } from "./client.ts";

/** Of one variant, a sample each round. */
export type Samples = Record<string, Sample[]>;

const perCpuSecond = ({ answers, cpuSeconds }: Sample): number => answers / cpuSeconds;
const microseconds = ({ answers, cpuSeconds }: Sample): number => (cpuSeconds / answers) * 1e6;

export interface Comparison {
  what: string;
  /** Answers for each second of HAProxy's CPU. */
  bare: number;
  ours: number;
  /** ours / bare, round by round. */
  ratio: Spread;
  holds: boolean;
}

/** DESIGN's promise for a load balancer. */
export const leastRatio = 0.7;

export function compare(what: string, samples: Samples): Comparison {
  const bare = (samples["bare"] ?? []).map(perCpuSecond);
  const ours = (samples["ours"] ?? []).map(perCpuSecond);
  const ratio = paired(ours, bare, (one, other) => one / other);
  return {
    what, ratio: { median: round(ratio.median, 3), from: round(ratio.from, 3), to: round(ratio.to, 3) },
    bare: Math.round(paired(bare, bare, (one) => one).median), ours: Math.round(paired(ours, ours, (one) => one).median),
    holds: ratio.median >= leastRatio,
  };
}

export interface Cost {
  feature: string;
  /** What bare takes more with it for a request, in µs of CPU. */
  alone: Spread;
  /** What ours takes less without it: more than alone, for all of them share the processor's caches. */
  amongAll: Spread;
}

/** @param samples of bare, ours, each feature by its name, and ours without it */
export function costs(samples: Samples, features: readonly string[]): Cost[] {
  const of = (name: string): number[] => (samples[name] ?? []).map(microseconds);
  const difference = (more: string, less: string): Spread => {
    const { median, from, to } = paired(of(more), of(less), (one, other) => one - other);
    return { median: round(median, 1), from: round(from, 1), to: round(to, 1) };
  };
  return [
    { feature: "all of them", alone: difference("ours", "bare"), amongAll: difference("ours", "bare") },
    ...features.map((feature) => ({ feature, alone: difference(feature, "bare"), amongAll: difference("ours", `without ${feature}`) })),
  ];
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** Left-aligned first column, the others by their right edge. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) => row.map((cell, column) => column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)).join("  "));
}

const thousands = (value: number): string => value.toLocaleString("en");

export function comparisonTable(comparisons: readonly Comparison[]): string[] {
  return table([
    ["for each second of HAProxy's CPU", "bare", "ours", "ours/bare", "half of all", `>= ${leastRatio}`],
    ...comparisons.map(({ what, bare, ours, ratio, holds }) =>
      [what, thousands(bare), thousands(ours), ratio.median.toFixed(2), `${ratio.from.toFixed(2)}-${ratio.to.toFixed(2)}`, holds ? "ok" : "NO"]),
  ]);
}

export function costTable(what: string, all: readonly Cost[]): string[] {
  const cells = ({ median, from, to }: Spread): string[] => [median.toFixed(1), `${from.toFixed(1)} to ${to.toFixed(1)}`];
  return table([
    [`µs of CPU for ${what}`, "alone", "half of all", "among all", "half of all"],
    ...all.map(({ feature, alone, amongAll }) => [feature, ...cells(alone), ...cells(amongAll)]),
  ]);
}
