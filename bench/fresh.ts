import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run, tail } from "../make/run.ts";
import { runTarget, UserError } from "../make/steps.ts";
import { writeResult } from "./result.ts";

/**
 * A newcomer's first `make up`: a new clone of what is committed, no tools, no images, no npm packages. Only the host's
 * own packages are as they are: taking them away could break what else runs on this machine.
 */
await runTarget(async () => {
  const folder = mkdtempSync(join(tmpdir(), "quickcart-fresh-"));
  const clone = join(folder, "clone");
  const env = { ...process.env, QUICKCART_CACHE: join(folder, "cache"), npm_config_cache: join(folder, "npm") };
  const make = async (target: string, name: string): Promise<Record<string, number>> => {
    const started = performance.now();
    const { code, output } = await run("make", ["--no-print-directory", target], {
      cwd: clone, env, limitMs: 30 * 60_000, onLine: (line) => { process.stdout.write(`    ${line}\n`); },
    });
    if (code !== 0) throw new UserError(`make ${target} failed in the fresh clone:\n${tail(output)}`);
    return { [name]: Math.round((performance.now() - started) / 100) / 10 };
  };
  try {
    // The clone's stack has the same names.
    const { code, output } = await run("make", ["--no-print-directory", "down"], { limitMs: 5 * 60_000 });
    if (code !== 0) throw new UserError(`make down failed:\n${tail(output)}`);
    execFileSync("git", ["clone", "--quiet", root, clone]);
    const figures = {
      ...await make("up", "make up, nothing there (s)"),
      ...await make("up", "make up again, nothing changed (s)"),
      ...await make("down", "make down (s)"),
      ...await make("up", "make up, caches warm (s)"),
      ...await make("down", "make down again (s)"),
    };
    writeResult("fresh", { figures });
    process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
