import { spawn } from "node:child_process";
import { openSync, closeSync } from "node:fs";
import { join } from "node:path";
import { compileCacheDir } from "../cacheDir.ts";
import { readTextIfThere } from "../files.ts";
import { cloudNamespaceFile } from "./namespaces.ts";
import { serviceGroup } from "./groups.ts";
import { findService, type ServiceName } from "./record.ts";
import { runDir } from "../paths.ts";

const programs: Record<ServiceName, string> = {
  daemon: join(import.meta.dirname, "..", "daemon.ts"),
  outside: join(import.meta.dirname, "..", "outside", "main.ts"),
};

export interface Launched {
  /** Whether it still lives. */
  lives(): boolean;
  /** What it wrote to its standard output and error: only a crash does. */
  lastWords(): Promise<string>;
}

/**
 * Starts a service that outlives us. It enters its control group before anything else, so that `down` finds it even if
 * we are killed in the next instant; the shell and nsenter turn into it by exec, so its pid is its own.
 */
export async function launch(name: ServiceName, args: readonly string[] = []): Promise<Launched> {
  const group = await serviceGroup(name);
  const words = join(runDir, `${name}.out`);
  const output = openSync(words, "w", 0o600);
  const enter = name === "daemon" ? ["nsenter", `--net=${cloudNamespaceFile}`, "--"] : [];
  const child = spawn(
    "sh",
    ["-c", `echo $$ > "$1/cgroup.procs" && shift && exec "$@"`, "sh", group, ...enter, process.execPath, programs[name], ...args],
    { detached: true, stdio: ["ignore", output, output], cwd: "/", env: { ...process.env, NODE_COMPILE_CACHE: compileCacheDir } },
  );
  closeSync(output);
  let lives = true;
  child.once("exit", () => (lives = false));
  child.once("error", () => (lives = false));
  child.unref();
  return {
    lives: () => lives,
    lastWords: async () => ((await readTextIfThere(words)) ?? "").trim(),
  };
}

export async function isUp(name: ServiceName): Promise<boolean> {
  return (await findService(name)) !== null;
}
