import type { Run } from "../commands.ts";
import type { Topology } from "../documents.ts";
import { readIfThere, writeAtomically } from "../files.ts";
import { birdNeighbours } from "./bird.ts";
import { floodTargets, planFlood } from "./flood.ts";
import { withHostsBlock } from "./hosts.ts";
import { clients, type Gateway, overlay } from "./overlay.ts";

/** Writes only what differs, so that a poll which brings nothing new touches nothing. */
async function writeIfChanged(path: string, content: string): Promise<boolean> {
  if (await readIfThere(path) === content) return false;
  await writeAtomically(path, content);
  return true;
}

export async function applyHosts(path: string, topology: Topology): Promise<void> {
  await writeIfChanged(path, withHostsBlock(await readIfThere(path) ?? "", topology.machines));
}

/** Sends the gateway's broadcasts to every private machine, and to no other. */
export async function applyFlood(run: Run, gateway: Gateway, topology: Topology): Promise<void> {
  const device = overlay.device(gateway);
  const wanted = clients(topology.machines).map((machine) => machine.privateAddress);
  const actual = floodTargets(await run("bridge", ["fdb", "show", "dev", device]));
  for (const command of planFlood(device, wanted, actual)) await run("bridge", command);
}

export async function applyBird(run: Run, path: string, gateway: Gateway, topology: Topology, outsideAlive: boolean): Promise<void> {
  const before = await readIfThere(path);
  if (!await writeIfChanged(path, birdNeighbours(gateway, topology.machines, outsideAlive))) return;
  try {
    await run("birdc", ["configure"]);
  } catch (error) {
    // Else the next round would find the file as wanted and never tell BIRD.
    await writeAtomically(path, before ?? "");
    throw error;
  }
}
