import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { cacheDir as defaultCacheDir } from "../localcloud/paths.ts";
import { UserError } from "../make/steps.ts";
import { pinnedNode, providerNames, providerVersion, recipeKey, recipes, toolNames } from "./recipes.ts";
import { areWhole, filesSchema, toolSchema, type Tool } from "./store.ts";

const providerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("official"), version: z.string(), why: z.string(), dir: z.string(), files: filesSchema }),
  z.object({ kind: z.literal("stand-in"), version: z.string(), why: z.string() }),
]);
export type Provider = z.infer<typeof providerSchema>;

const manifestSchema = z.object({
  /** Of everything that is pinned: a manifest of another commit's pins is no manifest. */
  pins: z.string(),
  tools: z.record(z.enum(toolNames), toolSchema),
  providers: z.record(z.enum(providerNames), providerSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** What `make tools` obtained, for those who run it. */
export interface Tools {
  /** The Node.js that runs everything here. */
  node: string;
  pulumi: string;
  /** Holds pulumi and its language host; goes on PATH after the folder of `node`. */
  pulumiDir: string;
  versitygw: string;
  /** Why each provider's plugin is the official one or a stand-in. */
  providers: Manifest["providers"];
}

const manifestPath = (cacheDir: string): string => join(cacheDir, "tools.json");

/**
 * @throws UserError when `make tools` has not run yet for what this clone pins.
 * @example
 * const tools = readTools();
 * const PATH = [dirname(tools.node), tools.pulumiDir, process.env.PATH].join(delimiter);
 * spawn(tools.pulumi, ["version"], { env: { ...process.env, PATH } });
 */
export function readTools(cacheDir = defaultCacheDir): Tools {
  const manifest = readManifest(cacheDir);
  if (!manifest) throw new UserError("the tools are not there yet, or not those that this clone pins. Run: make tools");
  const { pulumi, versitygw } = manifest.tools;
  return {
    node: pinnedNode().path,
    pulumi: join(pulumi.dir, "pulumi"),
    pulumiDir: pulumi.dir,
    versitygw: join(versitygw.dir, "versitygw"),
    providers: manifest.providers,
  };
}

/** undefined when there is none, or none for these pins. */
export function readManifest(cacheDir: string): Manifest | undefined {
  const path = manifestPath(cacheDir);
  if (!existsSync(path)) return undefined;
  const parsed = manifestSchema.safeParse(parseJson(readFileSync(path, "utf8")));
  return parsed.success && parsed.data.pins === pins() ? parsed.data : undefined;
}

/** A file cut off by a full disk counts as none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function writeManifest(cacheDir: string, content: Omit<Manifest, "pins">): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const draft = `${manifestPath(cacheDir)}.${process.pid}`;
  await writeFile(draft, JSON.stringify({ pins: pins(), ...content }, null, 2));
  await rename(draft, manifestPath(cacheDir));
}

export const isToolWhole = (tool: Tool): Promise<boolean> => areWhole(tool.dir, tool.files);

export const isProviderWhole = async (provider: Provider): Promise<boolean> =>
  provider.kind === "stand-in" || await areWhole(provider.dir, provider.files);

function pins(): string {
  const hash = createHash("sha256");
  for (const name of toolNames) hash.update(`${name} ${recipeKey(recipes[name])}\n`);
  for (const name of providerNames) hash.update(`${name} ${providerVersion(name)}\n`);
  return hash.digest("hex");
}
