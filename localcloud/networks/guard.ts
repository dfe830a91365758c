import { baseChain, namedSet, replaceTable, tables } from "./nftText.ts";
import { cablesOf, type Plugged } from "./names.ts";

/** Packets of the cloud's own that a firewall or a fault forbids; see `forbidden` in filter.ts. */
export const forbiddenMark = "0x51430000";

/**
 * What a machine may put on the wire at all, whatever its firewalls say: its own MAC and addresses, IPv4 and ARP, TCP,
 * UDP and ICMP. No multicast: the providers carry none.
 */
export function compileGuard(machines: readonly Plugged[]): string {
  const cables = machines.flatMap(cablesOf);
  const senders = cables.flatMap(({ port, mac, addresses }) => addresses.map((address) => `"${port}" . ${mac} . ${address}`));
  const receivers = cables.flatMap(({ port, addresses }) => addresses.map((address) => `"${port}" . ${address}`));
  return replaceTable(tables.guard, [
    namedSet("senders", "ifname . ether_addr . ipv4_addr", senders),
    namedSet("receivers", "ifname . ipv4_addr", receivers),
    baseChain("prerouting", "filter", "prerouting", -300, [
      // The MAC that an ARP packet speaks of is the one that others learn, not that of the frame.
      "ether type arp arp htype 1 arp ptype ip iifname . ether saddr . arp saddr ip @senders iifname . arp saddr ether . arp saddr ip @senders accept",
      "ether type != ip drop",
      "ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00 drop",
      "ip daddr 224.0.0.0/3 drop",
      "ip protocol != { tcp, udp, icmp } drop",
      "iifname . ether saddr . ip saddr @senders accept",
      "drop",
    ]),
    baseChain("forward", "filter", "forward", -200, [
      // No machine is another's next hop: what is not addressed to it never gets there, so its firewall is found by address.
      "ether type ip oifname . ip daddr != @receivers drop",
    ]),
    baseChain("output", "filter", "output", 0, [`meta mark ${forbiddenMark} drop`]),
  ]);
}
