import { spawn } from "node:child_process";

/** A command that failed, with all that is needed to run it again by hand. */
export class NetworkCommandError extends Error {
  readonly argv: readonly string[];
  readonly stderr: string;

  constructor(argv: readonly string[], outcome: string, stderr: string, input: string) {
    const excerpt = input === "" ? "" : `\nIts input began with:\n${input.split("\n").slice(0, 40).join("\n")}`;
    super(`\`${argv.join(" ")}\` ${outcome}: ${stderr.trim() === "" ? "it said nothing" : stderr.trim()}${excerpt}`);
    this.name = "NetworkCommandError";
    this.argv = argv;
    this.stderr = stderr;
  }
}

export interface RunOptions {
  /** Written to the command's standard input. */
  input?: string;
  /** A failure is none if every line of the error output matches: how removals stay idempotent. */
  tolerate?: RegExp;
}

/** Netlink answers in milliseconds; a command that takes this long waits for a lock that nobody will release. */
const timeLimitMs = 15_000;

export class Commands {
  readonly #prefix: readonly string[];

  /** @param prefix what to run every command with, e.g. `["nsenter", "--net=/run/netns/test"]`; nothing when already inside. */
  constructor(prefix: readonly string[] = []) {
    this.#prefix = prefix;
  }

  /** Resolves to the standard output. */
  run(command: readonly string[], options: RunOptions = {}): Promise<string> {
    const argv = [...this.#prefix, ...command];
    const [file = "", ...args] = argv;
    const input = options.input ?? "";
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, {
        stdio: ["pipe", "pipe", "pipe"],
        timeout: timeLimitMs,
        killSignal: "SIGKILL",
        // What is tolerated is told by its words, which some tools translate.
        env: { ...process.env, LC_ALL: "C" },
      });
      let stdout = "";
      let stderr = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => { stdout += text; });
      child.stderr.setEncoding("utf8").on("data", (text: string) => { stderr += text; });
      // A command that ends before it has read everything says why in its error output; EPIPE would only hide that.
      child.stdin.on("error", () => undefined);
      child.stdin.end(input);
      child.on("error", (error) => { reject(new NetworkCommandError(argv, "could not be started", error.message, "")); });
      child.on("close", (code, signal) => {
        if (code === 0 || (code !== null && options.tolerate !== undefined && isTolerated(stderr, options.tolerate))) {
          resolve(stdout);
          return;
        }
        const outcome = signal === null ? `failed with status ${code}` : `was ended by ${signal} after at most ${timeLimitMs / 1000} s`;
        reject(new NetworkCommandError(argv, outcome, stderr, input));
      });
    });
  }

  /** One `ip` process for many changes: the time is in starting processes, not in the kernel. */
  async ipBatch(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.run(["ip", "-batch", "-"], { input: lines.join("\n") + "\n" });
  }

  /** Goes on past what is already gone; anything else that fails is an error. */
  async ipRemove(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    await this.run(["ip", "-force", "-batch", "-"], { input: lines.join("\n") + "\n", tolerate: alreadyGone });
  }
}

const alreadyGone = /^(Cannot find device |Command failed -:|Cannot remove namespace file .*: No such file or directory)/;

function isTolerated(stderr: string, tolerate: RegExp): boolean {
  return stderr.split("\n").every((line) => line.trim() === "" || tolerate.test(line));
}
