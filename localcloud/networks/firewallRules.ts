import type { Firewall, FirewallRule, MachineId } from "../datacenter.ts";
import { everything, formatRange, mergeRanges, parseCidr } from "./ipv4.ts";
import { anonymousSet } from "./nftText.ts";

export type Direction = "inbound" | "outbound";

/** Machines that are in exactly the same firewalls share their rules. */
export interface Policy {
  members: MachineId[];
  /** nft rules, each of which ends in `accept`. */
  rules: string[];
}

/**
 * The union of the rules, for every combination of firewalls that some machine is in. Machines in no firewall are in no
 * policy.
 *
 * @param addresses of a machine; none if it is not plugged in
 */
export function policiesOf(firewalls: readonly Firewall[], direction: Direction, addresses: (id: MachineId) => string[]): Policy[] {
  const combinations = new Map<string, { firewalls: Firewall[]; members: MachineId[] }>();
  const members = [...new Set(firewalls.flatMap((firewall) => firewall.members))].toSorted((a, b) => a - b);
  for (const member of members) {
    const own = firewalls.filter((firewall) => firewall.members.includes(member));
    const key = JSON.stringify(own.map((firewall) => firewall.id));
    const combination = combinations.get(key);
    if (combination === undefined) combinations.set(key, { firewalls: own, members: [member] });
    else combination.members.push(member);
  }
  return [...combinations.values()].map((combination) => ({
    members: combination.members,
    rules: [...new Set(combination.firewalls.flatMap((firewall) => firewall[direction]).flatMap((rule) => render(rule, direction, addresses)))],
  }));
}

/** No rule at all if no peer has an IPv4 address. */
function render(rule: FirewallRule, direction: Direction, addresses: (id: MachineId) => string[]): string[] {
  // The clouds' clients send ::/0 beside 0.0.0.0/0, and there is no IPv6 here.
  const cidrs = rule.peers.cidrs.filter((cidr) => !cidr.includes(":"));
  const ranges = mergeRanges([...cidrs, ...rule.peers.machines.flatMap(addresses)].map(parseCidr));
  const [only] = ranges;
  if (only === undefined) return [];
  const field = direction === "inbound" ? "ip saddr" : "ip daddr";
  const isAnyone = only.first === everything.first && only.last === everything.last;
  const peers = isAnyone ? "" : `${field} ${anonymousSet(ranges.map(formatRange))} `;
  return [`${peers}${protocolMatch(rule)} accept`];
}

function protocolMatch({ protocol, ports }: FirewallRule): string {
  if (protocol === "icmp") return "ip protocol icmp";
  if (ports === null) return `ip protocol ${protocol}`;
  return `${protocol} dport ${ports.from === ports.to ? ports.from : `${ports.from}-${ports.to}`}`;
}
