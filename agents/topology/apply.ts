import type { Run } from "../commands.ts";
import type { Machine, Topology } from "../documents.ts";
import { readIfThere, writeAtomically } from "../files.ts";
import { fdbEntries, planFlood } from "./flood.ts";
import { withHostsBlock } from "./hosts.ts";

/** Writes only what differs, so that a poll which brings nothing new touches nothing. */
async function writeIfChanged(path: string, content: string): Promise<void> {
  if (await readIfThere(path) !== content) await writeAtomically(path, content);
}

export async function applyHosts(path: string, topology: Topology): Promise<void> {
  await writeIfChanged(path, withHostsBlock(await readIfThere(path) ?? "", topology.machines));
}

/** Sends the VXLAN's broadcasts to these machines, and to no other. */
export async function applyFlood(run: Run, device: string, machines: readonly Machine[]): Promise<void> {
  const wanted = machines.map((machine) => machine.privateAddress);
  const entries = fdbEntries(await run("bridge", ["fdb", "show", "dev", device]));
  for (const command of planFlood(device, wanted, entries)) await run("bridge", command);
}

/** Answers what BIRD runs with from now on. `told`: what this agent has told it; a predecessor's file may never have reached it. */
export async function applyBird(run: Run, path: string, content: string, told: string | null): Promise<string> {
  await writeIfChanged(path, content);
  if (content !== told) await run("birdc", ["configure"]);
  return content;
}
