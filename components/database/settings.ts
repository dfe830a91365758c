/** The table `quickcart:database`: what may be in it, and what it means. */
import { z } from "zod";
import { type SettingError, keyOf } from "../settingErrors.ts";
import { memoryGiB, size, vcpus, wholeNumber } from "../settingTypes.ts";
import { type Capacity, capacityOf } from "../sizes.ts";
import { capacityWarning, sharedSizing, sizingProblem } from "./sizing.ts";

const countRule = "3 or 5: with fewer machines no majority is left when one is gone, and an even number stands no more losses than one less";

export const databaseTable = z.strictObject({
  count: z.literal([3, 5], countRule).default(3),
  size: size.optional(),
  replicaSize: size.optional(),
  vcpus: vcpus.optional(),
  memoryGiB: memoryGiB.optional(),
  maxConnections: wholeNumber(20, 2000).optional(),
  replicaLagMiB: wholeNumber(1, 1024).default(16),
}, "a table with `count`, `size`, `replicaSize`, `maxConnections` and `replicaLagMiB`").prefault({});

type Table = z.infer<typeof databaseTable>;

export interface SizedMachine extends Capacity {
  readonly size: string;
}

export interface DatabaseSettings {
  readonly count: 3 | 5;
  /** The first machine, which begins as the primary. */
  readonly primary: SizedMachine;
  /** All others. */
  readonly replica: SizedMachine;
  /** Null: follows from the smallest machine. */
  readonly maxConnections: number | null;
  /** A replica that is further behind gets no reads. */
  readonly replicaLagMiB: number;
}

/** @param usual the size where none is set */
export function databaseSettings(table: Table, usual: string): DatabaseSettings {
  const primary = table.size ?? usual;
  return {
    count: table.count,
    primary: { size: primary, ...holding(table, primary) },
    replica: { size: table.replicaSize ?? primary, ...holding(table, table.replicaSize ?? primary) },
    maxConnections: table.maxConnections ?? null,
    replicaLagMiB: table.replicaLagMiB,
  };
}

/** By machine, the first one first. */
export function databaseFleet({ count, primary, replica }: DatabaseSettings): SizedMachine[] {
  return [primary, ...Array.from({ length: count - 1 }, () => replica)];
}

/** What its owner should know of sizes that work; null when there is nothing. */
export function databaseWarning({ primary, replica }: DatabaseSettings): string | null {
  return capacityWarning(primary, replica);
}

/** What is wrong with sizes; what is wrong with the rest, the schema says. */
export function databaseErrors(raw: unknown, usual: string): SettingError[] {
  const parsed = databaseTable.safeParse(raw);
  if (!parsed.success) return [];
  const errors = unknownSizes(parsed.data, usual);
  if (errors.length > 0) return errors;
  const settings = databaseSettings(parsed.data, usual);
  const shared = sharedSizing(databaseFleet(settings), settings.maxConnections);
  const keys = parsed.data.replicaSize === undefined ? ["primary"] as const : ["primary", "replica"] as const;
  return keys.flatMap((which): SettingError[] => {
    const machine = settings[which];
    const problem = sizingProblem(machine, shared);
    return problem === null ? [] : [{ key: keyOf(["database", which === "primary" ? "size" : "replicaSize"]), kind: "wrong", problem: `${machine.size}: ${problem}` }];
  });
}

function unknownSizes(table: Table, usual: string): SettingError[] {
  const keys = [keyOf(["database", "vcpus"]), keyOf(["database", "memoryGiB"])].join(" and ");
  const given = { size: table.size ?? usual, replicaSize: table.replicaSize };
  const said = [table.vcpus, table.memoryGiB].filter((value) => value !== undefined).length;
  const unknown = Object.entries(given).filter(([, name]) => name !== undefined && capacityOf(name) === null);
  if (unknown.length === 0 && said > 0) {
    return [{ key: keyOf(["database"]), kind: "wrong", problem: `what the sizes hold is known here: leave ${keys} out` }];
  }
  return said === 2 ? [] : unknown.map(([key, name]) => ({
    key: keyOf(["database", key]), kind: "wrong", problem: `got ${JSON.stringify(name)}, of which is not known here what it holds: set ${keys} beside it`,
  }));
}

function holding({ vcpus: cores, memoryGiB: memory }: Table, name: string): Capacity {
  return capacityOf(name) ?? { vcpus: cores ?? 0, memoryMiB: (memory ?? 0) * 1024 };
}
