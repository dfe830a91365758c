/** From the access matrix to one tier's firewall, in the seam's words. Pure. */
import { type AccessRow, type EgressRow, type Protocol, type Tier, accessMatrix, egress } from "./accessMatrix.ts";
import { type PortRange, formatPorts } from "./ports.ts";

export const anywhere = "0.0.0.0/0";

/** Whom a rule is about: machines of tiers, address ranges, or both. */
export interface Peers {
  readonly tiers: readonly Tier[];
  readonly cidrs: readonly string[];
}

export interface FirewallRule {
  readonly protocol: Protocol;
  readonly ports: PortRange;
  /** Sources of an inbound rule, destinations of an outbound one. */
  readonly peers: Peers;
}

/** Everything that no rule names is denied, both ways. */
export interface TierRules {
  readonly inbound: readonly FirewallRule[];
  readonly outbound: readonly FirewallRule[];
}

export interface RuleTables {
  readonly access: readonly AccessRow[];
  readonly egress: readonly EgressRow[];
}

/**
 * Outbound is the mirror of every inbound row that names the tier as its source, plus the tier's egress.
 * One rule for each protocol and port range: Linode allows 25 rules in all, DigitalOcean 50.
 */
export function firewallRules(tier: Tier, adminCidrs: readonly string[], tables: RuleTables = { access: accessMatrix, egress }): TierRules {
  const inbound = tables.access
    .filter((row) => row.to.includes(tier))
    .map((row) => ({ protocol: row.protocol, ports: row.ports, peers: sourcesOf(row, adminCidrs) }));
  const mirrored = tables.access
    .filter((row) => row.from.includes(tier))
    .map((row) => ({ protocol: row.protocol, ports: row.ports, peers: { tiers: row.to, cidrs: [] } }));
  const outside = tables.egress
    .filter((row) => row.tiers.includes(tier))
    .map((row) => ({ protocol: row.protocol, ports: row.ports, peers: { tiers: [], cidrs: [anywhere] } }));
  return { inbound: merge(inbound), outbound: merge([...mirrored, ...outside]) };
}

function sourcesOf(row: AccessRow, adminCidrs: readonly string[]): Peers {
  const tiers: Tier[] = [];
  const cidrs: string[] = [];
  for (const source of row.from) {
    if (source === "anywhere") cidrs.push(anywhere);
    else if (source === "admin") cidrs.push(...adminCidrs);
    else tiers.push(source);
  }
  return { tiers, cidrs };
}

function merge(rules: readonly FirewallRule[]): FirewallRule[] {
  const merged = new Map<string, FirewallRule>();
  for (const rule of rules) {
    const key = `${rule.protocol} ${formatPorts(rule.ports)}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? rule : { ...rule, peers: union(known.peers, rule.peers) });
  }
  return [...merged.values()];
}

function union(a: Peers, b: Peers): Peers {
  return { tiers: [...new Set([...a.tiers, ...b.tiers])], cidrs: [...new Set([...a.cidrs, ...b.cidrs])] };
}
