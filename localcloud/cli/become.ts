import { flushCompileCache } from "node:module";
import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { UserError } from "./errors.ts";

/**
 * Turns this process into the command: its signals, its terminal and its exit code are then the command's own, with
 * nothing in between that could get them wrong.
 */
export function become(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): never {
  const [name = ""] = argv;
  const file = find(name, env);
  if (process.execve === undefined) throw new UserError("this Node.js cannot replace itself by another program; 24 or later is needed");
  const clean = Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));
  // It says "experimental" on the standard error otherwise, in the middle of the command's own output.
  process.removeAllListeners("warning");
  // Saved at an exit otherwise, and there is none.
  flushCompileCache();
  process.execve(file, [...argv], clean);
  throw new UserError(`${file} could not be started`);
}

function find(name: string, env: NodeJS.ProcessEnv): string {
  if (isAbsolute(name)) return name;
  for (const dir of (env["PATH"] ?? "").split(delimiter)) {
    const path = join(dir, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  throw new UserError(`there is no program "${name}" on PATH`);
}
