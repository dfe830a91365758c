import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { root } from "../make/run.ts";

/** Commits a figure's circumstances with it: `bench/results/NAME.json`. */
export function writeResult(name: string, content: Record<string, unknown>): void {
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  const folder = join(root, "bench", "results");
  mkdirSync(folder, { recursive: true });
  const circumstances = {
    commit: git("rev-parse", "HEAD"),
    /** Whether the tree differed from that commit. */
    changed: git("status", "--porcelain", "--untracked-files=no") !== "",
    date: new Date().toISOString(),
    machine: { cores: cpus().length, processor: cpus()[0]?.model ?? "unknown", memoryGiB: Math.round(totalmem() / 2 ** 30) },
  };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ ...circumstances, ...content }, null, 2)}\n`);
}
