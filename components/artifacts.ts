import { mkdir } from "node:fs/promises";
import type { Artifact } from "./artifacts/artifact.ts";
import { type AgentName, bundleAgents, bundleApp } from "./artifacts/bundle.ts";
import { checkBundle } from "./artifacts/check.ts";
import { givenApp } from "./artifacts/given.ts";
import { packApp } from "./artifacts/pack.ts";
import { compressedRuntime, runtimeBinary } from "./artifacts/runtime.ts";
import { storeBundle } from "./artifacts/store.ts";

export type { Artifact } from "./artifacts/artifact.ts";
export { BundleError } from "./artifacts/check.ts";

export interface Artifacts {
  /** The pinned Node.js, compressed. */
  runtime: Artifact;
  agents: Record<AgentName, Artifact>;
  /** The app, and which Node.js it runs with. */
  app: Artifact;
}

/**
 * Bundles the agents and the app, and packs them with the pinned Node.js into `outDir`. The same sources give the same
 * bytes on every machine; what `outDir` already holds is not made again.
 *
 * @param bundle path of a bundle of the app that was built elsewhere; null to bundle `app/`
 * @throws BundleError when machines could not run the app's bundle
 */
export async function buildArtifacts(outDir: string, bundle: string | null): Promise<Artifacts> {
  await mkdir(outDir, { recursive: true });
  const runtimeFound = runtimeBinary();
  const checked = async (app: Artifact): Promise<Artifact> => {
    await checkBundle(outDir, app, await runtimeFound);
    return app;
  };
  const [given, binary, bundled] = await Promise.all([bundle === null ? null : givenApp(bundle).then(checked), runtimeFound, bundleAgents()]);
  const stored = async (name: AgentName): Promise<Artifact> => await storeBundle(outDir, name, bundled(name));
  // One after the other: each compression already uses every core.
  const runtime = await compressedRuntime(outDir, binary);
  const app = given ?? await checked(await packApp(outDir, binary, await bundleApp()));
  return {
    runtime,
    agents: {
      topology: await stored("topology"),
      release: await stored("release"),
      lb: await stored("lb"),
      redis: await stored("redis"),
      fence: await stored("fence"),
      backup: await stored("backup"),
      proof: await stored("proof"),
    },
    app,
  };
}
