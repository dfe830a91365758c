import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";

const root = join(import.meta.dirname, "../..");

const options: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  platform: "node",
  target: "node24",
  format: "esm",
  legalComments: "none",
  logLevel: "silent",
  // Names stay: a stack trace in a machine's journal should be readable.
  minifyWhitespace: true,
  minifySyntax: true,
  // Dependencies published as CommonJS call `require`, which ES modules lack.
  banner: { js: 'import{createRequire as quickcartRequire}from"node:module";const require=quickcartRequire(import.meta.url);' },
};

/** One file of JavaScript, dependencies included. @param entry relative to the root of the project */
export async function bundle(entry: string): Promise<Buffer> {
  const { outputFiles } = await build({ ...options, entryPoints: [entry] });
  const [file] = outputFiles ?? [];
  if (file === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  return Buffer.from(file.contents);
}

export function bundleAgent(name: "topology" | "release" | "lb" | "redis" | "fence" | "backup" | "proof"): Promise<Buffer> {
  return bundle(`agents/${name}/main.ts`);
}

export function bundleApp(): Promise<Buffer> {
  return bundle("app/src/main.ts");
}
