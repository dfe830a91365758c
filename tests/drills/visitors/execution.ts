import { z } from "zod";

/** `from <= order < to` */
export interface OrderRange {
  from: number;
  to: number;
}

const lineSchema = z.object({ order: z.int(), server: z.string(), msg: z.literal("executed") });

/** The numbers of executed orders in a journal's lines; a number is there as often as its order ran. */
export function executedIn(journal: string, { from, to }: OrderRange): number[] {
  return journal.split("\n").flatMap((line) => {
    const parsed = lineSchema.safeParse(jsonOf(line));
    return parsed.success && parsed.data.order >= from && parsed.data.order < to ? [parsed.data.order] : [];
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return null; // a line of systemd's own
  }
}

export interface Execution {
  executed: number;
  /** Orders that ran more than once. */
  twice: number[];
  /** Orders whose customer was told that they ran, of which no journal knows. A power loss may take a journal's last lines with it. */
  missing: number[];
}

export function compare(executed: readonly number[], acknowledged: readonly number[]): Execution {
  const seen = new Set<number>();
  const twice = new Set<number>();
  for (const order of executed) (seen.has(order) ? twice : seen).add(order);
  return { executed: seen.size, twice: [...twice], missing: acknowledged.filter((order) => !seen.has(order)) };
}
