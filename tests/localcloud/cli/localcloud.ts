import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { readTools } from "../../../toolchain/manifest.ts";

const main = join(import.meta.dirname, "..", "..", "..", "localcloud", "main.ts");

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** A cloud of the test's own name, so that one that runs on this machine is not touched. */
export function startLocalcloud(instance: string, args: string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): Running {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...options.env, QUICKCART_LOCAL: instance },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const ended = new Promise<Ended>((resolve) => child.on("close", (code, signal) => resolve({ code, signal, out, err })));
  return { child, ended };
}

export function localcloud(instance: string, ...args: string[]): Promise<Ended> {
  return startLocalcloud(instance, args).ended;
}

export function hasTools(): boolean {
  try {
    readTools();
    return true;
  } catch {
    return false;
  }
}
