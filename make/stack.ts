import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { stateDir } from "../localcloud/paths.ts";
import { pulumi, pulumiOk } from "./pulumi.ts";
import { root, tail, type Finished } from "./run.ts";

export const stackName = "local";

const settingsFile = join(root, `Pulumi.${stackName}.yaml`);
const settingsSchema = z.looseObject({ config: z.record(z.string(), z.unknown()) });

/** A settings file for one run: the clone's, with some settings changed. The clone itself stays clean. */
function withOverrides(overrides: Record<string, unknown>): string {
  const settings = settingsSchema.parse(parse(readFileSync(settingsFile, "utf8")));
  const path = join(stateDir, "pulumi", "overrides.yaml");
  writeFileSync(path, stringify({ ...settings, config: { ...settings.config, ...overrides } }), { mode: 0o600 });
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
  /** Settings that differ for this run only, by their full key. */
  config?: Record<string, unknown>;
  onLine?: (line: string) => void;
}

/** `pulumi VERB` of the local stack, unattended. */
export async function onStack(verb: Verb, { limitMs, args = [], config, onLine }: VerbOptions): Promise<Finished> {
  const unattended = verb === "preview" ? [] : ["--yes", "--skip-preview"];
  const settings = config ? ["--config-file", withOverrides(config)] : [];
  return await pulumi([verb, "--stack", stackName, ...settings, ...unattended, ...args], { limitMs, ...(onLine ? { onLine } : {}) });
}

export async function onStackOk(verb: Verb, options: VerbOptions): Promise<void> {
  const { code, output } = await onStack(verb, options);
  if (code !== 0) throw new Error(`\`pulumi ${verb}\` failed (exit code ${code}):\n${tail(output, 25)}`);
}

export async function stackOutput(name: string): Promise<string> {
  return (await pulumiOk(["stack", "output", name, "--show-secrets", "--stack", stackName], { limitMs: 30_000 })).trimEnd();
}
