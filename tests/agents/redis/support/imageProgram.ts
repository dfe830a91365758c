import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packagesFile, parsePackages } from "../../../../localcloud/images/packages.ts";
import { bakedKey, bareKey } from "../../../../localcloud/images/recipe.ts";
import { cacheDir } from "../../../../localcloud/paths.ts";

/** Programs of the machines' own Debian, run on this host. */

const packages = parsePackages(JSON.parse(readFileSync(packagesFile, "utf8")), packagesFile);
const trees = [`baked-${bakedKey(process.arch, packages)}`, `bare-${bareKey(process.arch)}`].map((name) => join(cacheDir, "images", name, "tree"));
const inTree = (path: string): string | undefined => trees.map((tree) => join(tree, path)).find((one) => existsSync(one));

export const hasImageProgram = (name: string): boolean => inTree(`usr/bin/${name}`) !== undefined;

/** Its command line: with the image's own loader and libraries, for this host may be another Debian, or none. */
export function imageProgram(name: string, folder = "usr/bin"): [string, ...string[]] {
  const loader = inTree("usr/lib64/ld-linux-x86-64.so.2");
  const path = inTree(`${folder}/${name}`);
  if (loader === undefined || path === undefined) throw new Error(`the machines' image has no ${name}`);
  return [loader, "--library-path", trees.map((tree) => join(tree, "usr/lib/x86_64-linux-gnu")).join(":"), path];
}
