import type { Drill, DrillContext, DrillReport, Row, Unit } from "./drill.ts";

const show = (value: number, unit: Unit): string =>
  unit === "count" ? String(value) : `${Number.isInteger(value) ? value : value.toFixed(2)} ${unit === "percent" ? "%" : unit}`;

/** Runs one drill within its time, restores what it broke, and reports; it never throws. */
export async function perform(drill: Drill, sabotage: boolean, print: (line: string) => void): Promise<DrillReport> {
  const rows: Row[] = [];
  const figures: Record<string, number> = {};
  const undoing: { what: string; undo: () => Promise<void> }[] = [];
  const started = performance.now();
  const context: DrillContext = {
    sabotage,
    figure(name, value, unit, limit = {}) {
      figures[name] = Math.round(value * 1000) / 1000;
      const ok = Number.isFinite(value) && value <= (limit.max ?? Infinity) && value >= (limit.min ?? -Infinity);
      const promised = [limit.max === undefined ? "" : `<= ${show(limit.max, unit)}`, limit.min === undefined ? "" : `>= ${show(limit.min, unit)}`]
        .filter(Boolean).join(", ");
      rows.push({ what: name, seen: show(value, unit), promised, ok });
    },
    holds(what, held, seen = held ? "yes" : "no") { rows.push({ what, seen, promised: "yes", ok: held }); },
    say(line) { print(`    ${line}`); },
    restore(what, undo) { undoing.push({ what, undo }); },
    skip(what, why) { rows.push({ what, seen: `skipped: ${why}`, promised: "", ok: "skipped" }); },
  };

  const errors: string[] = [];
  const limitMs = drill.minutes * 2 * 60_000;
  let timer: NodeJS.Timeout | undefined;
  try {
    await Promise.race([
      drill.run(context),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`the drill did not end within ${drill.minutes * 2} minutes`)), limitMs);
      }),
    ]);
  } catch (error) {
    errors.push(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
  for (const { what, undo } of undoing.reverse()) {
    try {
      await undo();
    } catch (error) {
      errors.push(`could not restore ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const ok = errors.length === 0 && rows.length > 0 && rows.every((row) => row.ok !== false);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { drill: drill.name, ok, seconds, figures, rows, ...(errors.length > 0 ? { error: errors.join("; ") } : {}) };
}

/** The rows as a table that a person reads. */
export function table(rows: Row[]): string[] {
  const cells = [["", "what", "seen", "promised"], ...rows.map((row) => [row.ok === "skipped" ? "-" : row.ok ? "ok" : "NO", row.what, row.seen, row.promised])];
  const widths = [0, 1, 2].map((column) => Math.min(70, Math.max(...cells.map((line) => (line[column] ?? "").length))));
  return cells.map((line) => line.map((cell, column) => (column < 3 ? cell.padEnd(widths[column] ?? 0) : cell)).join("  ").trimEnd());
}
