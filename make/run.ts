import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
// Refuses a QUICKCART_LOCAL that cannot be a cloud's name before anything begins.
import "../localcloud/paths.ts";
import { forgetChild, rememberChild } from "./lock.ts";
import { UserError } from "./steps.ts";
import { weigh } from "./weight.ts";

export const root = join(import.meta.dirname, "..");

/** The local cloud's command. */
export const localcloud = join(root, "localcloud", "main.ts");

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Past it the whole process group is killed and the run fails. */
  limitMs: number;
  /** Lines go here instead of to our own output. */
  onLine?: (line: string) => void;
  input?: string;
  /** No signal that we get reaches it; only our end ends it. */
  sheltered?: boolean;
  /** It stands for a machine of its own: while processors are short it gets about as much of them as all machines of the local cloud together. */
  weighty?: boolean;
}

export interface Finished {
  code: number;
  output: string;
}

/** Process groups that run now, and whether signals are kept from them. */
const groups = new Map<number, boolean>();

function endAll(signal: NodeJS.Signals): void {
  for (const [leader, sheltered] of groups) {
    if (!sheltered || signal === "SIGKILL") process.kill(-leader, signal);
  }
}

/** make(1) killed with SIGKILL cannot tell us; it is seen by our having another parent, or one that is not make. */
const parent = process.ppid;
const isStartedByMake = process.env["MAKELEVEL"] !== undefined && readFileSync(`/proc/${parent}/comm`, "utf8").includes("make");
const isOrphaned = (): boolean => process.ppid !== parent || (process.env["MAKELEVEL"] !== undefined && !isStartedByMake && process.ppid === 1);

/** Once, however many commands run: signals reach every group, and we end when make was killed. */
let watching = false;
export function watch(): void {
  if (watching) return;
  watching = true;
  process.on("SIGINT", () => endAll("SIGINT")).on("SIGTERM", () => endAll("SIGTERM")).on("SIGHUP", () => endAll("SIGTERM"));
  setInterval(() => {
    if (!isOrphaned()) return;
    endAll("SIGKILL");
    process.exit(1);
  }, 200).unref();
}

/**
 * Runs a command in a process group of its own, so that one signal ends everything it started: at the limit, at our
 * own end, or (by the lock) after we were killed.
 */
export async function run(command: string, args: string[], options: RunOptions): Promise<Finished> {
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: options.env ?? process.env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const { pid } = child;
  watch();
  const limit = setTimeout(() => { if (pid !== undefined && groups.has(pid)) process.kill(-pid, "SIGKILL"); }, options.limitMs);
  const started = performance.now();
  if (pid !== undefined) {
    groups.set(pid, options.sheltered ?? false);
    rememberChild(pid);
    if (options.weighty) weigh(pid);
  }

  let output = "";
  let partial = "";
  const take = (text: string): void => {
    output += text;
    const lines = (partial + text).split("\n");
    partial = lines.pop() ?? "";
    for (const line of lines) options.onLine?.(line);
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  // A command that ends without reading its input closes the pipe on us; its exit code tells what matters.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");

  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on("error", (error) => reject(new UserError(`cannot start ${command}: ${error.message}`)));
      child.on("exit", () => { if (pid !== undefined) groups.delete(pid); });
      child.on("close", (exit, signal) => {
        if (performance.now() - started >= options.limitMs) {
          reject(new UserError(`${command} ${args.join(" ")} did not end within ${options.limitMs / 1000} s; its last output:\n${tail(output)}`));
        } else resolve(exit ?? (signal ? 128 : 1));
      });
    });
    if (partial) options.onLine?.(partial);
    return { code, output };
  } finally {
    clearTimeout(limit);
    if (pid !== undefined) forgetChild(pid);
  }
}

export const tail = (text: string, lines = 30): string => text.trimEnd().split("\n").slice(-lines).join("\n");
