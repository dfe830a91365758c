import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError, step } from "../make/steps.ts";
import { decide } from "./decide.ts";
import { downloadRelease } from "./download.ts";
import { findInstalled, findInstalledPlugin, pluginBinary, versionOf } from "./installed.ts";
import { type Provider } from "./manifest.ts";
import { downloadPlugin, officialPluginDir } from "./plugins.ts";
import { providerVersion, type ProviderName, type Recipe } from "./recipes.ts";
import { ToolStore, describe, type Tool } from "./store.ts";

/** What obtaining needs of the world. */
export interface Workshop {
  cacheDir: string;
  /** Where to look for what the machine has; as PATH. */
  path: string;
  /** Why nothing can be downloaded from this address; null when somebody answers there. */
  noDownload(url: string): Promise<string | null>;
  /** Builds all of a recipe's binaries into the folder. */
  build(recipe: Recipe, dir: string, why: string): Promise<void>;
}

export async function obtainTool(recipe: Recipe, workshop: Workshop): Promise<Tool> {
  const store = new ToolStore(workshop.cacheDir);
  const cached = await store.find(recipe);
  if (cached) return cached;
  const wanted = recipe.version;
  const installed = await findInstalled(recipe, workshop.path);
  let noDownload = installed?.version === wanted ? null : await workshop.noDownload(recipe.download.archive);
  for (;;) {
    const { way, why } = decide({ wanted, installed, noDownload, fallback: "built" });
    if (way === "installed" && installed) {
      const dir = dirname(installed.path);
      return { version: wanted, way, why, dir, files: await describe(dir, recipe.binaries) };
    }
    if (way === "built") {
      process.stdout.write(`    ${recipe.name} ${wanted} is to be built: ${why}\n`);
      return await store.put(recipe, { way, why }, async (dir) => {
        await workshop.build(recipe, dir, why);
        await requireVersion(recipe, dir);
      });
    }
    try {
      return await step(`download ${recipe.name} ${wanted}`, () => store.put(recipe, { way: "downloaded", why }, async (dir) => {
        await downloadRelease(recipe.download, dir);
        await requireVersion(recipe, dir);
      }));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      noDownload = error.message;
    }
  }
}

async function requireVersion(recipe: Recipe, dir: string): Promise<void> {
  const said = await versionOf(join(dir, recipe.binaries[0]), recipe.versionArgs);
  if (said !== recipe.version) throw new UserError(`the ${recipe.name} obtained says that its version is ${said ?? "unknown"}, not ${recipe.version}`);
}

/** @param pulumi the CLI, which knows where plugins are published. */
export async function obtainProvider(name: ProviderName, pulumi: Tool, workshop: Workshop): Promise<Provider> {
  const version = providerVersion(name);
  const installed = await findInstalledPlugin(name);
  const official = async (dir: string, why: string): Promise<Provider> =>
    ({ kind: "official", version, why, dir, files: await describe(dir, [pluginBinary(name)]) });
  const fetched = officialPluginDir(workshop.cacheDir, name);
  let noDownload = installed ? null : await workshop.noDownload("https://get.pulumi.com");
  for (;;) {
    const { way, why } = decide({ wanted: version, installed, noDownload, fallback: "stand-in" });
    if (way === "installed" && installed) return official(dirname(installed.path), why);
    if (way === "stand-in") return { kind: "stand-in", version, why };
    try {
      await step(`download the ${name} plugin ${version}`, async () => {
        await downloadPlugin(name, join(pulumi.dir, "pulumi"), workshop.cacheDir);
        await access(join(fetched, pluginBinary(name)));
      });
      return await official(fetched, why);
    } catch (error) {
      noDownload = error instanceof Error ? error.message : String(error);
    }
  }
}
