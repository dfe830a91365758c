import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

export interface Child {
  process: ChildProcess;
  /** Resolves with the port once the log says that it listens. */
  port: Promise<number>;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  output: () => string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A program of the app as a process of its own, as on a machine. Paths are relative to `app/`. */
export function startChild(program: string, env: Record<string, string>): Child {
  const child = spawn(process.execPath, [join(import.meta.dirname, "..", program)], {
    env: { PATH: process.env["PATH"] ?? "", HOST: "127.0.0.1", PORT: "0", SERVER_NAME: "app-1", ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => { output += chunk.toString(); });
  const port = new Promise<number>((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const found = /listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (found) resolve(Number(found));
    });
    child.once("close", () => reject(new Error(`ended before it listened:\n${output}`)));
  });
  // Programs that are meant to fail at their start have nobody who waits for the port.
  port.catch(() => undefined);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return {
    process: child,
    port,
    exited,
    output: () => output,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
