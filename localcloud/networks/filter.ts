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
 * its machine. The guard has made sure that an address stands for its machine. A reserved address is nobody's here: outbound
 * rules mean it by a range only, so that a move does not touch the firewalls.
 */
export function compileFilter(state: Pick<NetworkState, "machines" | "vpcs" | "firewalls">): string {
  const known = new Map(state.machines.map((machine) => [machine.id, addressesOf(machine)]));
  const own = (id: MachineId): string[] => known.get(id) ?? [];
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
    ]),
    baseChain("forward", "filter", "forward", 0, [
      established,
      // Between networks nothing passes: there is no route either, this is the second lock.
      "iifname . oifname != @segments drop",
      `ip daddr ${reservedNetwork.cidr} drop`,
      "ip daddr vmap @inbound",
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
      "ip daddr vmap @inbound_from_cloud",
    ]),
  ]);

  /**
   * One lookup decides: of a table that is being replaced the maps are emptied first and the sets later, so that "not in
   * the map, but a member" would be true of every machine for some packets.
   */
  function policies(direction: Direction): string[] {
    const list = policiesOf(state.firewalls, direction, own);
    const endings = direction === "outbound" ? [["outbound", "drop"]] as const : [["inbound", "drop"], ["inbound_from_cloud", forbidden]] as const;
    return [
      ...list.map(({ rules }, index) => chain(`${direction}_rules_${index}`, rules)),
      ...endings.flatMap(([name, ending]) => [
        ...list.map((_, index) => chain(`${name}_${index}`, [`jump ${direction}_rules_${index}`, ending])),
        namedMap(name, "ipv4_addr : verdict", list.flatMap(({ members }, index) =>
          members.flatMap(own).map((address) => `${address} : goto ${name}_${index}`))),
      ]),
    ];
  }
}
