import { basename, join } from "node:path";
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
  return Buffer.from((file ?? madeNothing(entry)).contents);
}

export const agentNames = ["topology", "release", "lb", "redis", "fence", "backup", "proof"] as const;
export type AgentName = typeof agentNames[number];

/** In one go: what agents share is read and understood once, and all of them take little longer than one. */
export async function bundleAgents(): Promise<(name: AgentName) => Buffer> {
  const entryPoints = Object.fromEntries(agentNames.map((name) => [name, `agents/${name}/main.ts`]));
  const { outputFiles } = await build({ ...options, entryPoints, outdir: "bundles" });
  const contents = new Map((outputFiles ?? []).map((file) => [basename(file.path, ".js"), Buffer.from(file.contents)]));
  return (name) => contents.get(name) ?? madeNothing(name);
}

export function bundleApp(): Promise<Buffer> {
  return bundle("app/src/main.ts");
}

function madeNothing(of: string): never {
  throw new Error(`esbuild made nothing of ${of}`);
}
