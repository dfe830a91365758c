import { reservedNetwork, services } from "../addresses.ts";
import type { MachineId } from "../datacenter.ts";
import { forbiddenMark } from "./guard.ts";
import { addressesOf, publicBridge, vpcBridge, vpcBridges } from "./names.ts";
import { type Direction, policiesOf } from "./firewallRules.ts";
import { baseChain, chain, namedMap, namedSet, replaceTable, tables } from "./nftText.ts";
import { type NetworkState } from "./state.ts";

/**
 * The end of a rule in an output hook. Dropping there would answer the cloud's own programs with EPERM, which no network
 * does; the guard drops what is marked on the bridge, where nobody is told.
 */
export const forbidden = `meta mark set ${forbiddenMark} accept`;

const established = "ct state established,related accept";

/**
 * The clouds' firewalls, outside the machines: outbound rules where a packet enters, inbound ones where it leaves towards
 * its machine. The guard has made sure that an address stands for its machine.
 */
export function compileFilter(state: Omit<NetworkState, "faults">): string {
  const known = new Map(state.machines.map((machine) => [machine.id, addressesOf(machine)]));
  const own = (id: MachineId): string[] => known.get(id) ?? [];
  // Outbound rules are judged before NAT: there a peer may also be meant by its reserved address.
  const all = (id: MachineId): string[] =>
    [...own(id), ...state.reserved.filter(({ machine }) => machine === id && known.has(id)).map(({ address }) => address)];
  const segments = [publicBridge, ...state.vpcs.map(({ id }) => vpcBridge(id))];
  return replaceTable(tables.filter, [
    namedSet("segments", "ifname . ifname", segments.map((bridge) => `"${bridge}" . "${bridge}"`)),
    ...policies("outbound"),
    ...policies("inbound"),
    // After conntrack (-200) and before destination NAT (-100).
    baseChain("prerouting", "filter", "prerouting", -150, [
      established,
      "ct state invalid drop",
      `ip daddr ${services.metadata} tcp dport 80 accept`,
      "ip daddr 169.254.0.0/16 drop",
      "ip saddr vmap @outbound",
      "ip saddr @outbound_members drop",
    ]),
    baseChain("forward", "filter", "forward", 0, [
      established,
      // Between networks nothing passes: there is no route either, this is the second lock.
      "iifname . oifname != @segments drop",
      `ip daddr ${reservedNetwork.cidr} drop`,
      "ip daddr vmap @inbound",
      "ip daddr @inbound_members drop",
    ]),
    baseChain("input", "filter", "input", 0, [
      established,
      // The cloud's services are on the internet, and a VPC is not.
      `iifname "${vpcBridges}" ip daddr ${services.metadata} tcp dport 80 accept`,
      `iifname "${vpcBridges}" drop`,
    ]),
    baseChain("output", "filter", "output", 0, [
      established,
      `ip daddr ${reservedNetwork.cidr} ${forbidden}`,
      "ip daddr vmap @inbound",
      `ip daddr @inbound_members ${forbidden}`,
    ]),
  ]);

  function policies(direction: Direction): string[] {
    const list = policiesOf(state.firewalls, direction, direction === "outbound" ? all : own);
    const members = list.map((policy) => policy.members.flatMap(own));
    return [
      ...list.map((policy, index) => chain(`${direction}_${index}`, policy.rules)),
      namedMap(direction, "ipv4_addr : verdict", members.flatMap((addresses, index) => addresses.map((address) => `${address} : jump ${direction}_${index}`))),
      namedSet(`${direction}_members`, "ipv4_addr", members.flat()),
    ];
  }
}
