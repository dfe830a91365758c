import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { recipeKey, type Recipe } from "./recipes.ts";

const fileSchema = z.object({ size: z.number(), sha256: z.string() });
/** Binaries by their name in the tool's folder. */
export const filesSchema = z.record(z.string(), fileSchema);
export type Files = z.infer<typeof filesSchema>;

const recordSchema = z.object({ way: z.enum(["downloaded", "built"]), why: z.string(), files: filesSchema });

export const toolSchema = z.object({
  version: z.string(),
  way: z.enum(["installed", "downloaded", "built"]),
  why: z.string(),
  /** Goes on PATH. */
  dir: z.string(),
  files: filesSchema,
});
export type Tool = z.infer<typeof toolSchema>;

const recordName = "tool.json";
const draftPrefix = ".draft-";

/** The cache's part that holds tools: one folder each, named by what would make it come out differently. */
export class ToolStore {
  readonly dir: string;

  constructor(cacheDir: string) {
    this.dir = join(cacheDir, "tools");
  }

  folder(recipe: Recipe): string {
    return join(this.dir, `${recipe.name}-${recipe.version}-${recipeKey(recipe)}`);
  }

  /** undefined when it is not there, or not whole (its disk was full, somebody edited it). */
  async find(recipe: Recipe): Promise<Tool | undefined> {
    const dir = this.folder(recipe);
    let record: z.infer<typeof recordSchema>;
    try {
      record = recordSchema.parse(JSON.parse(await readFile(join(dir, recordName), "utf8")));
    } catch {
      return undefined; // never finished, or by a version that wrote it differently
    }
    const { way, why, files } = record;
    return await areWhole(dir, files) ? { version: recipe.version, way, why, dir, files } : undefined;
  }

  /**
   * `fill` puts the binaries into an empty folder, which takes its name in the store only when they are all there: a
   * killed run leaves a draft, never half a tool.
   */
  async put(recipe: Recipe, origin: { way: "downloaded" | "built"; why: string }, fill: (dir: string) => Promise<void>): Promise<Tool> {
    await mkdir(this.dir, { recursive: true });
    const draft = await mkdtemp(join(this.dir, draftPrefix));
    try {
      await fill(draft);
      const files = await describe(draft, recipe.binaries);
      await writeFile(join(draft, recordName), JSON.stringify({ ...origin, files }, null, 2));
      // mkdtemp makes folders for their owner alone, but services run these binaries under other names.
      await chmod(draft, 0o755);
      const dir = this.folder(recipe);
      await rm(dir, { recursive: true, force: true });
      await rename(draft, dir);
      return { version: recipe.version, ...origin, dir, files };
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      throw error;
    }
  }

  /** Removes the drafts of runs that were killed. Only under the toolchain's lock. */
  async sweep(): Promise<void> {
    const names = await readdir(this.dir).catch(() => []);
    const drafts = names.filter((name) => name.startsWith(draftPrefix));
    await Promise.all(drafts.map((name) => rm(join(this.dir, name), { recursive: true, force: true })));
  }
}

export async function describe(dir: string, names: readonly string[]): Promise<Files> {
  const entries = names.map(async (name) => {
    const path = join(dir, name);
    return [name, { size: (await stat(path)).size, sha256: await sha256(path) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

export async function areWhole(dir: string, files: Files): Promise<boolean> {
  const checks = Object.entries(files).map(async ([name, { size, sha256: expected }]) => {
    const path = join(dir, name);
    const found = await stat(path).catch(() => undefined);
    return found?.size === size && await sha256(path) === expected;
  });
  return (await Promise.all(checks)).every(Boolean);
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}
