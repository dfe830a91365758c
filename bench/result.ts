import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { root } from "../make/run.ts";

const folder = join(root, "bench", "results");
const fileOf = (name: string): string => join(folder, `${name}.json`);

/** What a figure is worth depends on these. */
function circumstances() {
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  return {
    commit: git("rev-parse", "HEAD"),
    /** Whether the tree differed from that commit. */
    changed: git("status", "--porcelain", "--untracked-files=no", "--", ":!bench/results") !== "",
    date: new Date().toISOString(),
    machine: { cores: cpus().length, processor: cpus()[0]?.model ?? "unknown", memoryGiB: Math.round(totalmem() / 2 ** 30) },
  };
}

function write(name: string, content: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(name), `${JSON.stringify(content, null, 2)}\n`);
}

/** `bench/results/NAME.json`, to be committed: figures and their circumstances. */
export function writeResult(name: string, content: Record<string, unknown>): void {
  write(name, { ...circumstances(), ...content });
}

/** The same for one of many that are measured one by one: the others in the file keep what they had. */
export function writeResultOf(name: string, one: string, content: Record<string, unknown>): void {
  const others = existsSync(fileOf(name)) ? z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(fileOf(name), "utf8"))) : {};
  const all = { ...others, [one]: { ...circumstances(), ...content } };
  write(name, Object.fromEntries(Object.entries(all).sort(([a], [b]) => a.localeCompare(b))));
}
