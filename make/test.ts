import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { DrillReport } from "../tests/drills/drill.ts";
import { chosen, performAll } from "../tests/drills/run.ts";
import { localcloud, root, run, tail } from "./run.ts";
import { runTarget, step } from "./steps.ts";

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const minute = 60_000;
const binary = (name: string): string => join(root, "node_modules", ".bin", name);
const failures: string[] = [];
const skips: string[] = [];
const tally: Tally = { passed: 0, failed: 0, skipped: 0 };

/** A check that either holds or prints why not. */
async function check(title: string, command: string, args: string[], limitMs: number): Promise<void> {
  const { code, output } = await step(title, async () => await run(command, args, { limitMs }));
  if (code === 0) {
    tally.passed += 1;
    return;
  }
  tally.failed += 1;
  failures.push(title);
  process.stdout.write(`    FAILED: ${title}\n${tail(output, 60)}\n`);
}

const jestSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
  testResults: z.array(z.object({
    name: z.string(),
    message: z.string(),
    assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
  })),
});

async function unitAndContract(): Promise<void> {
  process.stdout.write("==> unit, templates, contract and agents (Jest)\n");
  const folder = mkdtempSync(join(tmpdir(), "quickcart-jest-"));
  try {
    const report = join(folder, "report.json");
    const { code, output } = await run(process.execPath, [binary("jest"), "--json", `--outputFile=${report}`], {
      limitMs: 20 * minute,
      onLine: (line) => { if (/^(PASS|FAIL) /.test(line)) process.stdout.write(`    ${line}\n`); },
    });
    if (!existsSync(report)) {
      tally.failed += 1;
      failures.push("Jest did not report");
      process.stdout.write(`${tail(output, 60)}\n`);
      return;
    }
    const jest = jestSchema.parse(JSON.parse(readFileSync(report, "utf8")));
    tally.passed += jest.numPassedTests;
    tally.failed += jest.numFailedTests + jest.numRuntimeErrorTestSuites;
    tally.skipped += jest.numPendingTests;
    for (const suite of jest.testResults) {
      if (suite.message) process.stdout.write(`${suite.message}\n`);
      for (const one of suite.assertionResults) {
        if (one.status === "failed") failures.push(one.fullName);
        if (one.status === "pending") skips.push(one.fullName);
      }
    }
    if (code !== 0 && jest.numFailedTests + jest.numRuntimeErrorTestSuites === 0) {
      tally.failed += 1;
      failures.push(`Jest ended with exit code ${code}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function isUp(): Promise<boolean> {
  const { code } = await run(process.execPath, [localcloud, "status", "--json"], { limitMs: 20_000 });
  return code === 0;
}

function count(report: DrillReport): void {
  if (report.ok) tally.passed += 1;
  else {
    tally.failed += 1;
    // With what was seen: of a run in a pipeline often only the end is kept.
    for (const row of report.rows.filter(({ ok }) => ok === false)) failures.push(`drill ${report.drill}: ${row.what}: ${row.seen}, promised ${row.promised}`);
    if (report.error) failures.push(`drill ${report.drill}: ${report.error}`);
    if (report.rows.length === 0 && !report.error) failures.push(`drill ${report.drill}: it reported nothing`);
  }
  for (const row of report.rows) {
    if (row.ok === "skipped") {
      tally.skipped += 1;
      skips.push(`drill ${report.drill}: ${row.what}: ${row.seen}`);
    }
  }
}

async function onTheLocalStack(): Promise<void> {
  const wasUp = await isUp();
  process.stdout.write("==> the local stack\n");
  const up = await run("make", ["--no-print-directory", "up"], { limitMs: 20 * minute, onLine: (line) => { process.stdout.write(`    ${line}\n`); } });
  if (up.code === 0) {
    tally.passed += 1;
    await performAll(chosen("ci"), false, false, count);
  } else {
    tally.failed += 1;
    failures.push("make up");
  }
  // Whoever had it running keeps it; otherwise nothing is left behind.
  if (!wasUp) await check("make down", "make", ["--no-print-directory", "down"], 2 * minute);
}

await runTarget(async () => {
  const started = performance.now();
  await check("lint", process.execPath, [binary("eslint"), "--cache", "--cache-location", "node_modules/.cache/eslint/", "."], 3 * minute);
  await check("types", process.execPath, [binary("tsc"), "--noEmit"], 3 * minute);
  await check("circular imports", process.execPath, [binary("madge"), "--circular", "--extensions", "ts", "index.ts", "components", "agents", "localcloud", "app/src", "toolchain", "make", "bench", "tests/drills"], 2 * minute);
  // Before Jest: tests that boot machines would be skipped without it.
  await check("the machines' image", process.execPath, [join(root, "localcloud", "images", "main.ts")], 15 * minute);
  await unitAndContract();
  await onTheLocalStack();
  process.stdout.write(`\n${Math.round((performance.now() - started) / 1000)} s\n`);
  for (const skip of skips) process.stdout.write(`skipped: ${skip}\n`);
  for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped\n`);
  if (tally.failed > 0) process.exitCode = 1;
});
