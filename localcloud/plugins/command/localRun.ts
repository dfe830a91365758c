import { spawn } from "node:child_process";
import { type Operation } from "../core/resource.ts";
import { type Captured, createCapture, type Logging } from "./output.ts";
import { failure } from "./remoteRun.ts";

export interface LocalRun {
  command: string;
  interpreter: string[] | undefined;
  dir: string | undefined;
  environment: Record<string, string>;
  stdin: string | undefined;
  logging: Logging | undefined;
}

export async function runLocally({ command, interpreter, dir, environment, stdin, logging }: LocalRun, { signal, log }: Operation): Promise<Captured> {
  const [program = "/bin/sh", ...args] = interpreter ?? ["/bin/sh", "-c"];
  const capture = createCapture(logging, log);
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, command], { cwd: dir, env: { ...process.env, ...environment }, stdio: "pipe", detached: true });
    // The whole group: a shell that is ended alone leaves its children behind.
    const cancel = (): void => { if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM"); };
    signal.addEventListener("abort", cancel, { once: true });
    child.on("error", (error) => { reject(new Error(`${program} could not be run${dir === undefined ? "" : ` in ${dir}`}: ${error.message}`, { cause: error })); });
    child.stdout.on("data", (chunk: Buffer) => { capture.write("stdout", chunk); });
    child.stderr.on("data", (chunk: Buffer) => { capture.write("stderr", chunk); });
    // A command need not read what it is given.
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin ?? "");
    child.on("close", (code, ended) => {
      signal.removeEventListener("abort", cancel);
      const captured = capture.end();
      if (code === 0) resolve(captured);
      else reject(new Error(failure({ code, signal: ended ?? undefined }, capture.tail())));
    });
  });
}
