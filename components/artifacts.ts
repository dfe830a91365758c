import { mkdir } from "node:fs/promises";
import type { Artifact } from "./artifacts/artifact.ts";
import { bundleAgent, bundleApp } from "./artifacts/bundle.ts";
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
  agents: { topology: Artifact; release: Artifact; lb: Artifact; redis: Artifact; fence: Artifact; backup: Artifact; proof: Artifact };
  /** The app with a Node.js beside it. */
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
  const checked = async (app: Artifact): Promise<Artifact> => {
    await checkBundle(outDir, app);
    return app;
  };
  const [given, binary, topology, release, lb, redis, fence, backup, proof] = await Promise.all([
    bundle === null ? null : givenApp(bundle).then(checked),
    runtimeBinary(), bundleAgent("topology"), bundleAgent("release"), bundleAgent("lb"), bundleAgent("redis"), bundleAgent("fence"),
    bundleAgent("backup"), bundleAgent("proof"),
  ]);
  // One after the other: each compression already uses every core.
  const runtime = await compressedRuntime(outDir, binary);
  const app = given ?? await checked(await packApp(outDir, binary, await bundleApp()));
  return {
    runtime,
    agents: {
      topology: await storeBundle(outDir, "topology", topology),
      release: await storeBundle(outDir, "release", release),
      lb: await storeBundle(outDir, "lb", lb),
      redis: await storeBundle(outDir, "redis", redis),
      fence: await storeBundle(outDir, "fence", fence),
      backup: await storeBundle(outDir, "backup", backup),
      proof: await storeBundle(outDir, "proof", proof),
    },
    app,
  };
}
