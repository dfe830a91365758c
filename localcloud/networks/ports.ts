import type { MachineId } from "../datacenter.ts";
import { type Cable, portsOf } from "./names.ts";

/** `ip` batch lines that make a machine's namespace and its NICs, with the ports on the bridges still down. */
export function plugLines(netns: string, cables: readonly Cable[]): string[] {
  return [
    `netns add ${netns}`,
    ...cables.flatMap(({ port, portMac, bridge, nic, mac }) => [
      `link add ${port} address ${portMac} mtu 1500 type veth peer name ${nic} address ${mac} mtu 1500 netns ${netns}`,
      `link set ${port} master ${bridge}`,
      // The cloud knows which MAC is where: nothing is learnt from frames, and a stranger's frame is flooded to nobody.
      `link set ${port} type bridge_slave learning off flood off mcast_flood off`,
    ]),
  ];
}

/** `bridge` batch lines that say which MAC is behind which port. */
export function forwardingLines(cables: readonly Cable[]): string[] {
  return cables.map(({ port, mac }) => `fdb replace ${mac} dev ${port} master static`);
}

export function raiseLines(cables: readonly Cable[]): string[] {
  return cables.map(({ port }) => `link set ${port} up`);
}

export function cutLines(id: MachineId): string[] {
  return portsOf(id).map((port) => `link set ${port} down`);
}

/** Links first: a process that still runs in the namespace would keep them alive without a name. */
export function unplugLines(netns: string, id: MachineId): string[] {
  return [...portsOf(id).map((port) => `link del ${port}`), `netns del ${netns}`];
}
