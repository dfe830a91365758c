import { contains, formatAddress, overlaps, parseAddress, parseRange, type Range } from "./ipv4.ts";

/**
 * Which addresses of a range were handed out before. Freed ones come last, oldest first: whoever still talks to the old
 * owner's address must not reach the new one by accident.
 */
export interface Pool {
  /** The next address that nobody ever had. */
  next: string;
  freed: string[];
}

/** The address and the pool after it was taken; null when all are in use. `last` is the highest that may be handed out. */
export function take(pool: Pool, last: string): { address: string; pool: Pool } | null {
  const next = parseAddress(pool.next);
  const end = parseAddress(last);
  if (next === null || end === null) throw new Error(`Not an address pool: next ${pool.next}, last ${last}.`);
  if (next <= end) return { address: pool.next, pool: { next: formatAddress(next + 1), freed: pool.freed } };
  const [oldest, ...freed] = pool.freed;
  return oldest === undefined ? null : { address: oldest, pool: { next: pool.next, freed } };
}

export function giveBack(pool: Pool, address: string): Pool {
  return pool.freed.includes(address) ? pool : { ...pool, freed: [...pool.freed, address] };
}

/** A VPC's first address is the gateway's, the last one is for broadcasts. */
export function vpcPool(range: Range): { pool: Pool; last: string } {
  return { pool: { next: formatAddress(range.base + 2), freed: [] }, last: formatAddress(range.base + range.size - 2) };
}

/** Locally administered, and the machine's own for ever: `02:fe:...` is its public NIC, `02:00:...` the private one. */
export function macAddress(kind: "public" | "private", id: number): string {
  const octets = [24, 16, 8, 0].map((shift) => ((id >>> shift) & 255).toString(16).padStart(2, "0"));
  return ["02", kind === "public" ? "fe" : "00", ...octets].join(":");
}

const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(knownRange);

/** https://docs.digitalocean.com/products/networking/vpc/details/limits/ */
const reservedRanges = ["10.229.0.0/16", "10.244.0.0/16", "10.245.0.0/16", "10.246.0.0/24"].map(knownRange);

/** Why a VPC cannot have this range; null when it can. `taken` are the other VPCs' and the cloud's own. */
export function refuseVpcRange(text: string, taken: string[]): string | null {
  const range = parseRange(text, true);
  if (range === null) return `ip_range "${text}" is not a network in CIDR notation, e.g. 10.10.0.0/20.`;
  if (range.prefix < 16 || range.prefix > 28) return `ip_range "${text}" must be between /16 and /28.`;
  if (!privateRanges.some((outer) => contains(outer, range))) return `ip_range "${text}" is not in a private network (RFC 1918).`;
  if (reservedRanges.some((reserved) => overlaps(reserved, range))) return `ip_range "${text}" is reserved for internal use.`;
  const other = taken.find((cidr) => overlaps(knownRange(cidr), range));
  return other === undefined ? null : `This range/size overlaps with another VPC network in your account: ${text} and ${other}.`;
}

/** What a VPC gets that asked for no range. */
export function freeVpcRange(taken: string[]): string | null {
  for (let second = 116; second < 229; second++) {
    for (let third = 0; third < 256; third += 16) {
      const candidate = `10.${second}.${third}.0/20`;
      if (refuseVpcRange(candidate, taken) === null) return candidate;
    }
  }
  return null;
}

export function knownRange(cidr: string): Range {
  const range = parseRange(cidr);
  if (range === null) throw new Error(`Not a network: ${cidr}.`);
  return range;
}
