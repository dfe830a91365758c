import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run, tail } from "../make/run.ts";
import { UserError } from "../make/steps.ts";
import { pluginBinary, pluginFolder } from "./installed.ts";
import { type Tools } from "./manifest.ts";
import { pinnedNode, providerNames, providerVersion, type ProviderName } from "./recipes.ts";

const standIns = join(import.meta.dirname, "..", "localcloud", "plugins", "main.ts");

/** Official plugins that we fetch: outside the user's own PULUMI_HOME, which is not ours to change. */
const officialHome = (cacheDir: string): string => join(cacheDir, "pulumi-home");

export const officialPluginDir = (cacheDir: string, name: ProviderName): string =>
  join(officialHome(cacheDir), "plugins", pluginFolder(name));

/** By the engine itself, which knows where each plugin is published. */
export async function downloadPlugin(name: ProviderName, pulumiPath: string, cacheDir: string): Promise<void> {
  const { code, output } = await run(pulumiPath, ["plugin", "install", "resource", name, providerVersion(name), "--reinstall"], {
    env: { ...process.env, PULUMI_HOME: officialHome(cacheDir), PULUMI_SKIP_UPDATE_CHECK: "true" },
    limitMs: 300_000,
  });
  if (code !== 0) throw new UserError(tail(output, 2));
}

/**
 * Lays out PULUMI_HOME/plugins so that the engine finds each provider of the local stack: the official plugin where it
 * could be had, else its stand-in. Only for a PULUMI_HOME that nothing but the local cloud uses.
 */
export async function installPlugins(pulumiHome: string, tools: Tools): Promise<void> {
  await Promise.all(providerNames.map(async (name) => {
    const provider = tools.providers[name];
    if (provider.kind === "stand-in") {
      await installStandIn(pulumiHome, name);
      return;
    }
    // The engine skips folders that are links, but follows a link to the binary.
    await symlink(join(provider.dir, pluginBinary(name)), await freePlace(pulumiHome, name));
  }));
}

/** Every provider's stand-in, whatever could be had: what the stand-ins' own tests run. */
export async function installStandIns(pulumiHome: string): Promise<void> {
  await Promise.all(providerNames.map((name) => installStandIn(pulumiHome, name)));
}

async function installStandIn(pulumiHome: string, name: ProviderName): Promise<void> {
  const script = `#!/bin/sh\nexec ${quote(pinnedNode().path)} ${quote(standIns)} ${name} "$@"\n`;
  await writeFile(await freePlace(pulumiHome, name), script, { mode: 0o755 });
}

/** Where the provider's binary goes. What was there is removed, not written over: it may be a link to an official plugin. */
async function freePlace(pulumiHome: string, name: ProviderName): Promise<string> {
  const dir = join(pulumiHome, "plugins", pluginFolder(name));
  await mkdir(dir, { recursive: true });
  const path = join(dir, pluginBinary(name));
  await rm(path, { force: true });
  return path;
}

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
