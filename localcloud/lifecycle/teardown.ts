import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { kill, killGroup, removeGroup } from "../machines/cgroupTree.ts";
import { unmountBelow } from "../machines/mounts.ts";
import { removeMachineTraces } from "../machines/traces.ts";
import { removeNetworkTraces } from "../networks/traces.ts";
import { cgroupName, machineNamespacePrefix, runDir, stateDir } from "../paths.ts";
import { ownGroups } from "./groups.ts";
import { type Leftover, leftovers, loopDevices } from "./leftovers.ts";
import { processesInside } from "./namespaces.ts";
import { findService } from "./record.ts";
import { waitUntil } from "./wait.ts";

/**
 * Removes every trace, whatever state it is in; each step finds what there is by itself, so that it can be cut off
 * anywhere and run again. The daemons go first, for they would raise again what is taken down.
 */
export async function teardown(say: (line: string) => void): Promise<Leftover[]> {
  say("ending the daemon and what serves the host");
  await endServices();

  say("ending machines");
  const groups = await ownGroups();
  for (const group of groups) await killGroup(group);
  await waitUntil("every process inside the cloud's networks has ended", 10_000, () => {
    const inside = processesInside();
    inside.forEach(kill);
    return inside.length === 0;
  });

  say("removing mounts, networks, control groups and files");
  await removeMachineTraces({ stateDir, runDir, cgroupName, namePrefix: machineNamespacePrefix });
  await unmountBelow(runDir);
  await unmountBelow(stateDir);
  await removeNetworkTraces({ netnsPrefix: machineNamespacePrefix });
  for (const group of await ownGroups()) await removeGroup(group);
  await rm(runDir, { recursive: true, force: true });
  await rm(stateDir, { recursive: true, force: true });
  await waitUntil("the kernel lets go of loop devices", 3_000, async () => (await loopDevices()).length === 0).catch(() => undefined);
  return leftovers();
}

/** The daemon, the outside process and all that they started for themselves; machines go on running. */
export async function endServices(): Promise<void> {
  for (const name of ["daemon", "outside"] as const) {
    const service = await findService(name);
    if (service !== null) kill(service.pid);
  }
  for (const group of await ownGroups()) {
    const services = join(group, "services");
    if (!existsSync(services)) continue;
    await killGroup(services);
    // A group that was killed as a whole goes on killing what is born in it later.
    await removeGroup(services);
  }
}
