import { join } from "node:path";
import { keys, type Topology, topologySchema } from "../documents.ts";
import { type Follow, follow } from "../follow.ts";
import type { Settings } from "../settings.ts";

/** Every machine asks, some twice or thrice, and for days nothing changes. */
const quietPollMs = 8_000;

/** Calls `apply` with who is there, and with each change of it. */
export async function followTopology({ bucket, stateDir, apply, log, signal }: Pick<Settings, "bucket" | "stateDir"> & Pick<Follow<Topology>, "apply" | "log" | "signal">): Promise<void> {
  await follow({ bucket, key: keys.topology, cachePath: join(stateDir, "topology.json"), schema: topologySchema, quietPollMs, apply, log, signal });
}
