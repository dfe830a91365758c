import type { Firewall, FirewallRule } from "../datacenter.ts";
import { parseAddress, parseRange } from "./ipv4.ts";
import { liveDroplets } from "./machineSpec.ts";
import type { AccountState, Droplet, RuleRecord } from "./state/schema.ts";

/** Machines that are being destroyed belong to no firewall of the account any more, and then everything would pass. */
const leavingId = "leaving";

/** The account's firewalls with tags and ids turned into machines: all that the datacenter needs to know. */
export function resolveFirewalls(state: AccountState): Firewall[] {
  const droplets = liveDroplets(state);
  const tagged = (tags: string[]): number[] => droplets.filter((droplet) => hasAny(droplet, tags)).map((droplet) => droplet.id);
  const resolve = (ids: number[], tags: string[]): number[] => {
    const known = ids.filter((id) => droplets.some((droplet) => droplet.id === id));
    return [...new Set([...known, ...tagged(tags)])].sort((a, b) => a - b);
  };
  const rules = (records: RuleRecord[]): FirewallRule[] => records
    .map((record) => ({
      protocol: record.protocol,
      ports: record.protocol === "icmp" ? null : portRange(record.ports),
      peers: { cidrs: record.peers.addresses.flatMap(ipv4Cidr), machines: resolve(record.peers.dropletIds, record.peers.tags) },
    }))
    // A rule that names nobody lets nobody pass; left in, it could be read as "anybody".
    .filter((rule) => rule.peers.cidrs.length + rule.peers.machines.length > 0);

  const firewalls: Firewall[] = state.firewalls.map((firewall) => ({
    id: firewall.id,
    members: resolve(firewall.dropletIds, firewall.tags),
    inbound: rules(firewall.inbound),
    outbound: rules(firewall.outbound),
  }));
  const leaving = state.droplets.filter((droplet) => droplet.deletedAt !== null).map((droplet) => droplet.id);
  return leaving.length === 0 ? firewalls : [...firewalls, { id: leavingId, members: leaving, inbound: [], outbound: [] }];
}

export function sameTag(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export function hasAny(droplet: Droplet, tags: string[]): boolean {
  return droplet.tags.some((own) => tags.some((tag) => sameTag(own, tag)));
}

/** `"0"`, `"all"` and the whole range mean the same; null says so. Call it only on ports that `readPorts` let through. */
export function portRange(ports: string): { from: number; to: number } | null {
  if (ports === "0" || ports === "all") return null;
  const [from = 0, to = from] = ports.split("-").map(Number);
  return from <= 1 && to === 65_535 ? null : { from, to };
}

/** Ports as the API answers them: `"0"` for all. null when the text is none of "80", "8000-9000", "all", "0". */
export function readPorts(text: string): string | null {
  if (text === "all" || text === "0") return "0";
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return null;
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  if (from < 1 || to > 65_535 || from > to) return null;
  return text;
}

/** This cloud has no IPv6, so rules for it concern no packet here. */
function ipv4Cidr(address: string): string[] {
  if (parseRange(address) !== null) return [address];
  return parseAddress(address) === null ? [] : [`${address}/32`];
}
