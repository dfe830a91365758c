import { spawn } from "node:child_process";

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
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        if (output[name].length < outputBound) output[name] += text;
      });
    }
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
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
      if (late) reject(new Error(`\`${argv.join(" ")}\` did not end within ${timeout / 1000} s`));
      else resolve({ code: code ?? (signal === null ? 255 : 128), ...output });
    });
  });
}

/** Resolves to the standard output; any status but 0 is an error. */
export async function run(argv: readonly string[], options: { timeout?: number; input?: string } = {}): Promise<string> {
  const { code, stdout, stderr } = await capture(argv, options);
  if (code !== 0) throw new Error(`\`${argv.join(" ")}\` failed with status ${code}: ${stderr.trim() || "it said nothing"}`);
  return stdout;
}
