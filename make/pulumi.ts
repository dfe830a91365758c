import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { z } from "zod";
import { compileCacheDir } from "../localcloud/cacheDir.ts";
import { stateDir } from "../localcloud/paths.ts";
import { readTools } from "../toolchain/manifest.ts";
import { localcloud, run, tail, type Finished } from "./run.ts";
import { UserError } from "./steps.ts";

/** The local stack's Pulumi: its home, its state and its passphrase live and die with the local cloud. */
const pulumiDir = join(stateDir, "pulumi");
export const pulumiHome = join(pulumiDir, "home");
const backend = join(pulumiDir, "backend");

export function pulumiEnvironment(): NodeJS.ProcessEnv {
  const tools = readTools();
  return {
    ...process.env,
    PATH: [dirname(tools.node), tools.pulumiDir, process.env["PATH"] ?? ""].join(delimiter),
    PULUMI_HOME: pulumiHome,
    PULUMI_BACKEND_URL: `file://${backend}`,
    // Not a secret: it protects a state that only holds what the local cloud made up.
    PULUMI_CONFIG_PASSPHRASE: "local",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // The program and the stand-ins: most of a short run's time would go into reading their TypeScript.
    NODE_COMPILE_CACHE: compileCacheDir,
  };
}

/** Runs `pulumi ARGS` where the providers' real names are the local cloud's. */
export async function pulumi(args: string[], options: { limitMs: number; onLine?: (line: string) => void; input?: string }): Promise<Finished> {
  mkdirSync(backend, { recursive: true, mode: 0o700 });
  mkdirSync(pulumiHome, { recursive: true, mode: 0o700 });
  return await run(process.execPath, [localcloud, "exec", "--", "pulumi", ...args, "--non-interactive"], {
    ...options,
    env: pulumiEnvironment(),
    // The operator's own machine runs it elsewhere. Here it would be left what sixteen busy machines do not want.
    weighty: true,
  });
}

/** The same, for commands that must succeed. */
export async function pulumiOk(args: string[], options: { limitMs: number; onLine?: (line: string) => void; input?: string }): Promise<string> {
  const { code, output } = await pulumi(args, options);
  if (code !== 0) throw new UserError(`\`pulumi ${args.join(" ")}\` failed (exit code ${code})${options.onLine ? "; see above" : `:\n${tail(output)}`}`);
  return output;
}

const lockSchema = z.object({ pid: z.number().int().positive() });

/** The runs of Pulumi that hold the stack; the file backend's lock of one that was killed stays behind. */
export function stackHolders(stack: string): { pid: number; isAlive: boolean }[] {
  const locks = join(backend, ".pulumi", "locks", "organization", "quickcart", stack);
  if (!existsSync(locks)) return [];
  return readdirSync(locks).filter((name) => name.endsWith(".json")).map((name) => {
    const { pid } = lockSchema.parse(JSON.parse(readFileSync(join(locks, name), "utf8")));
    return { pid, isAlive: isPulumi(pid) };
  });
}

/** A killed one is a zombie until its parent has looked; another program may have its number by now. */
function isPulumi(pid: number): boolean {
  try {
    const [, name, state] = /^\d+ \((.*)\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return name === "pulumi" && state !== "Z" && state !== "X";
  } catch {
    return false; // no such process
  }
}
