import { spawn } from "node:child_process";
import { hasCode } from "../files.ts";

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** Of each stream; what comes after is dropped, so that a chatty command cannot eat the daemon's memory. */
const outputBound = 4 * 1024 * 1024;

/** Runs to the end whatever the status is. A command that outlives its limit is killed, and that is an error. */
export function capture(argv: readonly string[], options: { timeout?: number; input?: string } = {}): Promise<Result> {
  const [file = "", ...args] = argv;
  const timeout = options.timeout ?? 30_000;
  return new Promise((resolve, reject) => {
    // A group of its own: nsenter leaves a child behind when it alone is killed, and that would keep our pipes open.
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        if (output[name].length < outputBound) output[name] += text;
      });
    }
    const timer = setTimeout(() => {
      endGroup(child.pid);
      reject(new Error(`\`${argv.join(" ")}\` did not end within ${timeout / 1000} s`));
    }, timeout);
    // A command that ends without reading its input is judged by its status.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new Error(`\`${file}\` could not be started: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? (signal === null ? 255 : 128), ...output });
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error;
  }
}

/** Resolves to the standard output; any status but 0 is an error. */
export async function run(argv: readonly string[], options: { timeout?: number; input?: string } = {}): Promise<string> {
  const { code, stdout, stderr } = await capture(argv, options);
  if (code !== 0) throw new Error(`\`${argv.join(" ")}\` failed with status ${code}: ${stderr.trim() || "it said nothing"}`);
  return stdout;
}
