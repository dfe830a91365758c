import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { stateDir } from "../localcloud/paths.ts";
import { pulumi, pulumiOk } from "./pulumi.ts";
import { root, tail, type Finished } from "./run.ts";

export const stackName = "local";

/**
 * The local stack's Pulumi writes into its settings file (the salt of its secrets). The clone stays clean: it writes
 * into a copy that lives and dies with the local cloud.
 */
const project = join(stateDir, "pulumi", "project");
const settingsCopy = join(project, `Pulumi.${stackName}.yaml`);

const settingsSchema = z.object({ encryptionsalt: z.string().optional(), config: z.record(z.string(), z.unknown()).default({}) });
export type Config = Record<string, unknown>;

const read = (path: string): z.infer<typeof settingsSchema> => settingsSchema.parse(parse(readFileSync(path, "utf8")) ?? {});

/** Refreshes the copy from the clone, keeping the salt; `overrides` hold for the next run only. */
function writeSettings(overrides: Config): void {
  const { config } = read(join(root, `Pulumi.${stackName}.yaml`));
  const { encryptionsalt } = read(settingsCopy);
  writeFileSync(settingsCopy, stringify({ ...(encryptionsalt ? { encryptionsalt } : {}), config: { ...config, ...overrides } }), { mode: 0o600 });
}

export async function ensureStack(): Promise<void> {
  mkdirSync(project, { recursive: true, mode: 0o700 });
  copyFileSync(join(root, "Pulumi.yaml"), join(project, "Pulumi.yaml"));
  if (!existsSync(settingsCopy)) writeFileSync(settingsCopy, "config: {}\n", { mode: 0o600 });
  // Also mends a stack whose creation was killed half-way.
  await pulumiOk(["stack", "select", "--create", stackName, "--cwd", project], { limitMs: 60_000 });
}

export type Verb = "up" | "preview" | "destroy" | "refresh";

/** `pulumi VERB` of the local stack, unattended. */
export async function onStack(verb: Verb, options: { limitMs: number; args?: string[]; config?: Config; onLine?: (line: string) => void }): Promise<Finished> {
  writeSettings(options.config ?? {});
  const unattended = verb === "preview" ? [] : ["--yes", "--skip-preview"];
  return await pulumi([verb, "--stack", stackName, "--config-file", settingsCopy, ...unattended, ...(options.args ?? [])], {
    limitMs: options.limitMs,
    ...(options.onLine ? { onLine: options.onLine } : {}),
  });
}

export async function onStackOk(verb: Verb, options: { limitMs: number; config?: Config }): Promise<void> {
  const { code, output } = await onStack(verb, options);
  if (code !== 0) throw new Error(`\`pulumi ${verb}\` failed (exit code ${code}):\n${tail(output, 25)}`);
}

export async function stackOutput(name: string): Promise<string> {
  return (await pulumiOk(["stack", "output", name, "--show-secrets", "--stack", stackName], { limitMs: 30_000 })).trimEnd();
}
