import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../files.ts";
import { paths } from "./paths.ts";

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly value: number;
}

/** In Prometheus' text format. Pure. */
export function metricsText(metrics: readonly Metric[]): string {
  return metrics.map(({ name, help, value }) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`).join("");
}

/** @param file without its ending */
export async function writeMetrics(file: string, text: string, folder: string = paths.metrics): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeAtomically(join(folder, `${file}.prom`), text);
}
