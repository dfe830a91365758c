import { paired, type Spread } from "../statistics.ts";
import type { Load, Turn } from "./pgbench.ts";

export const ways = ["straight", "through"] as const;
export type WayName = (typeof ways)[number];

/** Of one load, a turn of each round. */
export type Turns = Record<WayName, Turn[]>;

export interface Comparison {
  what: string;
  /** Transactions a second, the median of all rounds; of a way that does not bear the load 0. */
  straight: number;
  through: number;
  /** through / straight, round by round; null where there is nothing to divide by. */
  ratio: Spread | null;
  /** What straight must not do better than, of what it does. */
  least: number;
  holds: boolean;
  /** Why a way does not bear the load. */
  refused: Partial<Record<WayName, string>>;
}

/** Of what goes straight: PgBouncer and HAProxy take their part of the CPU, and more of a transaction that does little. */
const leastOf = { own: 0.7, select: 0.45 } as const;

/** More than the primary has connections for: here the way through is what makes it possible. */
export const many = 1_000;

export const loads: readonly Load[] = [
  { script: "own", clients: 64 }, { script: "select", clients: 64 }, { script: "own", clients: many }, { script: "select", clients: many },
];

export const nameOf = ({ script, clients }: Load): string => `${script === "own" ? "pgbench's own script" : "pgbench -S"}, ${clients.toLocaleString("en")} clients`;

const tpsOf = (turn: Turn): number => "tps" in turn ? turn.tps : 0;

/** One turn that is refused is all that is needed to know that a way does not bear the load. Pure. */
export function compare(load: Load, turns: Turns): Comparison {
  const refused: Comparison["refused"] = {};
  for (const way of ways) {
    for (const turn of turns[way]) if ("refused" in turn) refused[way] ??= turn.refused;
  }
  const of = (way: WayName): number[] => turns[way].map((turn) => refused[way] === undefined ? tpsOf(turn) : 0);
  const median = (way: WayName): number => Math.round(paired(of(way), of(way), (one) => one).median);
  const least = load.clients >= many ? 1 : leastOf[load.script];
  const ratio = refused.straight === undefined ? rounded(paired(of("through"), of("straight"), (through, straight) => through / straight)) : null;
  const holds = refused.through === undefined && (ratio === null || (load.clients >= many ? ratio.median > least : ratio.median >= least));
  return { what: nameOf(load), straight: median("straight"), through: median("through"), ratio, least, holds, refused };
}

function rounded({ median, from, to }: Spread): Spread {
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  return { median: round(median), from: round(from), to: round(to) };
}
