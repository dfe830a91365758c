import { parseArgs } from "node:util";
import { writeResultOf } from "../../bench/result.ts";
import { localcloud, run } from "../../make/run.ts";
import { runTarget, step, UserError } from "../../make/steps.ts";
import type { Drill, DrillReport } from "./drill.ts";
import { drills } from "./list.ts";
import { perform, table } from "./perform.ts";
import { SiteApp } from "./siteApp.ts";
import { installVisitors, restoreApp } from "./visitors/install.ts";

const usage = "usage: make drill NAME=<name>|ci|all [SABOTAGE=1] [RECORD=1]";
const reportMark = '{"drill":';

function listing(): string[] {
  const width = Math.max(...drills.map((drill) => drill.name.length));
  return [
    usage, "",
    ...drills.map((drill) => `  ${drill.name.padEnd(width)}  ${String(drill.minutes).padStart(4)} min  ${drill.suite.padEnd(7)}  ${drill.promise}`),
    "", "RECORD=1 keeps the figures in bench/results/drills.json; `all` always does.",
    "SABOTAGE=1 switches off what the drill proves; it must then fail:",
    ...drills.map((drill) => `  ${drill.name.padEnd(width)}  ${drill.sabotage}`),
  ];
}

export function chosen(name: string): Drill[] {
  if (name === "all") return drills;
  if (name === "ci") return drills.filter((drill) => drill.suite === "ci");
  const one = drills.filter((drill) => drill.name === name);
  if (one.length === 0) throw new UserError(`no drill is called ${name}; there are: ${drills.map((drill) => drill.name).join(", ")}, ci, all`);
  return one;
}

/** Performs the drill in this process, or inside the cloud's namespace where it needs the cloud's names and addresses. */
async function performWhereItBelongs(drill: Drill, sabotage: boolean, here: boolean): Promise<DrillReport> {
  const print = (line: string): void => { process.stdout.write(`${line}\n`); };
  if (drill.where === "host" || here) {
    print(`==> drill ${drill.name}: ${drill.promise}${sabotage ? ` (sabotaged: ${drill.sabotage})` : ""}`);
    const report = await perform(drill, sabotage, print);
    for (const line of table(report.rows)) print(`    ${line}`);
    if (report.error) print(`    error: ${report.error}`);
    print(JSON.stringify(report));
    return report;
  }
  let report: DrillReport | undefined;
  const { code, output } = await run(
    process.execPath,
    [localcloud, "exec", "--", process.execPath, import.meta.filename, drill.name, "--here", ...(sabotage ? ["--sabotage"] : [])],
    {
      limitMs: (drill.minutes * 2 + 2) * 60_000,
      onLine: (line) => {
        print(line);
        if (line.startsWith(reportMark)) report = JSON.parse(line) as DrillReport;
      },
    },
  );
  return report ?? { drill: drill.name, ok: false, seconds: 0, figures: {}, rows: [], error: `ended with exit code ${code} and no report: ${output.slice(-500)}` };
}

const failed = (drill: Drill, what: string, error: unknown): DrillReport =>
  ({ drill: drill.name, ok: false, seconds: 0, figures: {}, rows: [], error: `${what}: ${error instanceof Error ? error.message : String(error)}` });

/** Each with the app that it needs on the site; afterwards the site runs the real one. */
export async function performAll(selected: Drill[], sabotage: boolean, here: boolean, onReport: (report: DrillReport) => void): Promise<DrillReport[]> {
  const nothing = async (): Promise<void> => { await Promise.resolve(); };
  // Inside the cloud's namespace the app is the business of whoever started us there.
  const app = new SiteApp(here ? { visitors: nothing, real: nothing } : {
    visitors: async () => await step("the visitors' app on the site", installVisitors),
    real: async () => await step("the real app on the site again", restoreApp),
  });
  const reports: DrillReport[] = [];
  const add = (report: DrillReport): void => {
    reports.push(report);
    onReport(report);
  };
  for (const drill of selected) {
    add(await app.want(drill.app)
      .then(() => performWhereItBelongs(drill, sabotage, here))
      .catch((error: unknown) => failed(drill, "the site could not be given the app that the drill needs", error)));
  }
  const last = selected.at(-1);
  await app.want(undefined).catch((error: unknown) => { if (last) add(failed(last, "the real app could not be put back (`make up` does that)", error)); });
  return reports;
}

if (import.meta.main) {
  await runTarget(async () => {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { sabotage: { type: "boolean", default: false }, record: { type: "boolean", default: false }, here: { type: "boolean", default: false } } });
    const [name] = positionals;
    if (!name) {
      process.stdout.write(`${listing().join("\n")}\n`);
      return;
    }
    const recorded = (name === "all" || values.record) && !values.sabotage;
    const reports = await performAll(chosen(name), values.sabotage, values.here, ({ drill, ...report }) => {
      if (recorded) writeResultOf("drills", drill, report);
    });
    if (!values.here && reports.length > 1) {
      for (const report of reports) process.stdout.write(`${report.ok ? "ok  " : "NO  "}${report.drill} (${report.seconds} s)${report.error ? `: ${report.error}` : ""}\n`);
    }
    if (reports.some((report) => !report.ok)) process.exitCode = 1;
  });
}
