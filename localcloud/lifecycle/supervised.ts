import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Log } from "./log.ts";

export interface Command {
  /** In messages and in the log. */
  name: string;
  file: string;
  args: string[];
  /** The whole environment; secrets go here or into files, never into `args`, which everyone may read. */
  env?: NodeJS.ProcessEnv;
}

export interface Supervised {
  /** Of the process itself: nothing wraps it. Null between two lives. */
  readonly pid: number | null;
  /** How often it has been started again. */
  readonly restarts: number;
  /** What it said last, oldest first. */
  lastWords(): string[];
  stop(): Promise<void>;
}

const slowestRestart = 5_000;

/**
 * Keeps a program running for as long as this process lives: it is started again when it ends, and the kernel ends it
 * when we are killed, so that a new daemon never meets its predecessor's children.
 */
export function supervise(command: Command, log: Log, onStart?: () => void): Supervised {
  let child: ChildProcess | null = null;
  let restarts = 0;
  let stopped = false;
  let pause = 100;
  let timer: NodeJS.Timeout | null = null;
  let ended: Promise<void> = Promise.resolve();
  const words: string[] = [];

  const start = (): void => {
    const startedAt = Date.now();
    // setpriv turns into the program by exec: the pid stays the same.
    const process = spawn("setpriv", ["--pdeathsig", "KILL", "--", command.file, ...command.args], {
      stdio: ["ignore", "pipe", "pipe"],
      ...(command.env === undefined ? {} : { env: command.env }),
    });
    child = process;
    for (const stream of [process.stdout, process.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        words.push(line);
        if (words.length > 20) words.shift();
        log.debug(`${command.name}: ${line}`);
      });
    }
    ended = new Promise<void>((resolve) => {
      process.once("error", (error) => {
        words.push(error.message);
        resolve();
      });
      process.once("exit", (code, signal) => {
        if (!stopped) log.warn(`${command.name} ended`, { code, signal, said: words.at(-1) ?? null });
        resolve();
      });
    }).then(() => {
      child = null;
      if (stopped) return;
      pause = Date.now() - startedAt > 10_000 ? 100 : Math.min(pause * 2, slowestRestart);
      timer = setTimeout(() => {
        restarts += 1;
        start();
      }, pause);
    });
    onStart?.();
  };
  start();

  return {
    get pid() {
      return child?.pid ?? null;
    },
    get restarts() {
      return restarts;
    },
    lastWords: () => [...words],
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      const last = child;
      if (last === null) return;
      last.kill("SIGTERM");
      const patience = setTimeout(() => last.kill("SIGKILL"), 2_000);
      await ended;
      clearTimeout(patience);
    },
  };
}
