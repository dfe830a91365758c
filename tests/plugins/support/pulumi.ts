import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { installStandIns } from "../../../toolchain/plugins.ts";
import { readTools } from "../../../toolchain/manifest.ts";

const root = join(import.meta.dirname, "..", "..", "..");

export interface Ran { code: number; output: string }

/** A project of its own, on the real CLI with the stand-ins and a state in a folder that goes with it. */
export interface Project {
  write(file: string, text: string): Promise<void>;
  run(...args: string[]): Promise<Ran>;
  remove(): Promise<void>;
}

/** False when `make tools` has not run: then there is no Pulumi to try. */
export function hasPulumi(): boolean {
  try {
    readTools();
    return true;
  } catch {
    return false;
  }
}

export async function createProject(environment: Record<string, string>): Promise<Project> {
  const tools = readTools();
  const dir = await mkdtemp(join(tmpdir(), "quickcart-plugins-"));
  await Promise.all(["state", "home"].map(async (name) => mkdir(join(dir, name))));
  await installStandIns(join(dir, "home"));
  await writeFile(join(dir, "Pulumi.yaml"), "name: tried\nruntime: {name: nodejs, options: {typescript: false}}\nmain: index.ts\n");
  await writeFile(join(dir, "package.json"), '{"name":"tried","type":"module"}');
  await symlink(join(root, "node_modules"), join(dir, "node_modules"));
  const env = {
    PATH: [dirname(tools.node), tools.pulumiDir, process.env["PATH"]].join(delimiter),
    HOME: dir,
    PULUMI_HOME: join(dir, "home"),
    PULUMI_BACKEND_URL: `file://${join(dir, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "tests only",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    ...environment,
  };
  const { pulumi } = tools;
  return {
    write: async (file, text) => writeFile(join(dir, file), text),
    run: async (...args) => new Promise((resolve) => {
      execFile(pulumi, [...args, "--non-interactive", "--color", "never"], { cwd: dir, env, timeout: 120_000, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
        resolve({ code: error ? (typeof error.code === "number" ? error.code : 1) : 0, output: stdout + stderr });
      });
    }),
    remove: async () => rm(dir, { recursive: true, force: true }),
  };
}
