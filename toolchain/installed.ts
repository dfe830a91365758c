import { access, constants, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { run } from "../make/run.ts";
import { providerVersion, type ProviderName, type Recipe } from "./recipes.ts";

export interface Installed {
  /** null when it does not say. */
  version: string | null;
  path: string;
}

/** What the machine has on PATH: only if all of the tool's binaries lie in one folder, as its makers ship it. */
export async function findInstalled(recipe: Recipe, path = process.env["PATH"] ?? ""): Promise<Installed | null> {
  for (const dir of path.split(delimiter).filter(Boolean)) {
    const binary = await executable(join(dir, recipe.binaries[0]));
    if (!binary) continue;
    const beside = await Promise.all(recipe.binaries.map((name) => executable(join(dirname(binary), name))));
    if (!beside.every(Boolean)) continue;
    return { version: await versionOf(binary, recipe.versionArgs), path: binary };
  }
  return null;
}

/** `v3.259.0` or `Version  : v1.8.0`, however the tool puts it; null when it does not run or prints none. */
export async function versionOf(binary: string, args: string[]): Promise<string | null> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  try {
    const { code, output } = await run(binary, args, { limitMs: 20_000, env });
    return code === 0 ? (/v?(\d+\.\d+\.\d+\S*)/.exec(output)?.[1] ?? null) : null;
  } catch {
    return null; // truncated, or for another processor
  }
}

export const pluginFolder = (name: ProviderName): string => `resource-${name}-v${providerVersion(name)}`;
export const pluginBinary = (name: ProviderName): string => `pulumi-resource-${name}`;

/** The official plugin in the user's own PULUMI_HOME, where `pulumi plugin install` puts it. */
export async function findInstalledPlugin(name: ProviderName): Promise<Installed | null> {
  const home = process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  const path = await executable(join(home, "plugins", pluginFolder(name), pluginBinary(name)));
  return path ? { version: providerVersion(name), path } : null;
}

async function executable(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    return await realpath(path);
  } catch {
    return undefined;
  }
}
