import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { stateDir } from "../localcloud/paths.ts";
import { ensureTokens } from "./cloudTokens.ts";
import { pulumi, pulumiOk } from "./pulumi.ts";
import { root, tail, type Finished } from "./run.ts";

export const stackName = "local";

const settingsFile = join(root, `Pulumi.${stackName}.yaml`);
const settingsSchema = z.looseObject({ config: z.record(z.string(), z.unknown()) });

const isTable = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Of a table only the settings that are named differ. */
export function withOverrides(config: Record<string, unknown>, overrides: Record<string, unknown>): Record<string, unknown> {
  const merged = Object.entries(overrides).map(([key, value]) => {
    const own = config[key];
    return [key, isTable(own) && isTable(value) ? { ...own, ...value } : value];
  });
  return { ...config, ...Object.fromEntries(merged) as Record<string, unknown> };
}

/**
 * A settings file for one run: the clone's, with the tokens that the local cloud made, and whatever else differs for this
 * run. The clone itself stays clean, and runs beside each other do not read each other's.
 */
async function writeSettings(config: Record<string, unknown>): Promise<string> {
  const settings = settingsSchema.parse(parse(readFileSync(settingsFile, "utf8")));
  const all = withOverrides(settings.config, { ...await ensureTokens(), ...config });
  const folder = join(stateDir, "pulumi");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `settings-${randomBytes(4).toString("hex")}.yaml`);
  writeFileSync(path, stringify({ ...settings, config: all }), { mode: 0o600 });
  return path;
}

/** Also mends a stack whose creation was killed half-way. */
export async function ensureStack(): Promise<void> {
  await pulumiOk(["stack", "select", "--create", stackName], { limitMs: 60_000 });
}

export type Verb = "up" | "preview" | "destroy" | "refresh";

export interface VerbOptions {
  limitMs: number;
  args?: string[];
  /** Settings that differ for this run only, by their full key; of a table those that it names. */
  config?: Record<string, unknown>;
  onLine?: (line: string) => void;
}

/** `pulumi VERB` of the local stack, unattended. */
export async function onStack(verb: Verb, { limitMs, args = [], config = {}, onLine }: VerbOptions): Promise<Finished> {
  const unattended = verb === "preview" ? [] : ["--yes", "--skip-preview"];
  const settings = await writeSettings(config);
  try {
    return await pulumi([verb, "--stack", stackName, "--config-file", settings, ...unattended, ...args], { limitMs, ...(onLine ? { onLine } : {}) });
  } finally {
    rmSync(settings, { force: true });
  }
}

export async function onStackOk(verb: Verb, options: VerbOptions): Promise<void> {
  const { code, output } = await onStack(verb, options);
  if (code !== 0) throw new Error(`\`pulumi ${verb}\` failed (exit code ${code}):\n${tail(output, 25)}`);
}

export async function stackOutput(name: string): Promise<string> {
  return (await pulumiOk(["stack", "output", name, "--show-secrets", "--stack", stackName], { limitMs: 30_000 })).trimEnd();
}

/** All of them at once, secrets in the clear: each run of the CLI costs half a second. */
export async function stackOutputs<T>(schema: z.ZodType<T>): Promise<T> {
  const text = await pulumiOk(["stack", "output", "--json", "--show-secrets", "--stack", stackName], { limitMs: 30_000 });
  return schema.parse(JSON.parse(text));
}
