import { createHash } from "node:crypto";
import type { MachineId, MachineSpec } from "../datacenter.ts";

/** What of a machine the networks need to know. */
export type Plugged = Pick<MachineSpec, "id" | "nics">;

/** One end of a cable: the NIC inside the machine and the port on the bridge. */
export interface Cable {
  port: string;
  portMac: string;
  bridge: string;
  nic: "eth0" | "eth1";
  mac: string;
  /** All addresses that may stand behind it. */
  addresses: string[];
}

export const publicBridge = "public";
export const publicBridgeMac = "02:fc:00:00:00:01";

/** All bridges of VPCs, for rules that match names. */
export const vpcBridges = "vpc-*";

/** The kernel allows 15 characters and a VPC's id is a UUID of 36. */
export function vpcBridge(vpcId: string): string {
  return `vpc-${digest(vpcId).slice(0, 10)}`;
}

/** Fixed, because a bridge otherwise takes the lowest MAC of its ports and changes it under living connections. */
export function vpcBridgeMac(vpcId: string): string {
  return `02:fb:${pairs(digest(vpcId).slice(0, 8))}`;
}

/** DigitalOcean's layout: public first and VPC second; a machine without a public NIC has its VPC on eth0. */
export function cablesOf({ id, nics }: Plugged): Cable[] {
  const tail = pairs(id.toString(16).padStart(8, "0"));
  const cables: Cable[] = [];
  if (nics.public !== null) {
    const { mac, address, anchorAddress } = nics.public;
    cables.push({ port: `p${id}`, portMac: `02:fe:${tail}`, bridge: publicBridge, nic: "eth0", mac, addresses: [address, anchorAddress] });
  }
  const { mac, vpcId, address } = nics.private;
  const nic = nics.public === null ? "eth0" : "eth1";
  cables.push({ port: `v${id}`, portMac: `02:fd:${tail}`, bridge: vpcBridge(vpcId), nic, mac, addresses: [address] });
  return cables;
}

/** Whatever NICs the machine with this id has or had. */
export function portsOf(id: MachineId): string[] {
  return [`p${id}`, `v${id}`];
}

export function addressesOf(machine: Plugged): string[] {
  return cablesOf(machine).flatMap((cable) => cable.addresses);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function pairs(hex: string): string {
  return hex.match(/../g)?.join(":") ?? "";
}

/** Where `ip netns` keeps names. */
export const netnsDir = "/run/netns";

export function machineNetns(prefix: string, id: MachineId): string {
  return `${prefix}${id}`;
}

export function machineOfNetns(prefix: string, netns: string): MachineId | null {
  return netns.startsWith(prefix) ? parseId(netns.slice(prefix.length)) : null;
}

export function machineOfPort(link: string): MachineId | null {
  return /^[pv]/.test(link) ? parseId(link.slice(1)) : null;
}

function parseId(text: string): MachineId | null {
  return /^[1-9]\d*$/.test(text) ? Number(text) : null;
}
