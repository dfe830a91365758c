import { anchorNetwork, publicNetwork, reservedNetwork, services } from "../addresses.ts";
import type { Vpc } from "../datacenter.ts";
import { formatRange, overlaps, parseCidr } from "./ipv4.ts";
import { publicBridge, publicBridgeMac, vpcBridge, vpcBridgeMac } from "./names.ts";

/** Routes into the VPCs are for the metadata service alone: nothing else of the cloud has a way in. */
const metadataTable = 169;

/** Of the cloud's namespace, set before any bridge is made so that bridges inherit them. */
export const sysctls: Readonly<Record<string, string>> = {
  // Bridged packets pass the rules of the ip tables; the only stateful way where the kernel has no conntrack for bridges.
  "net/bridge/bridge-nf-call-iptables": "1",
  "net/bridge/bridge-nf-call-ip6tables": "0",
  "net/bridge/bridge-nf-call-arptables": "0",
  "net/ipv4/ip_forward": "1",
  "net/ipv6/conf/all/disable_ipv6": "1",
  "net/ipv6/conf/default/disable_ipv6": "1",
  // The guard knows every machine's addresses; the kernel's guess by routes would refuse metadata requests from VPCs.
  "net/ipv4/conf/all/rp_filter": "0",
  "net/ipv4/conf/default/rp_filter": "0",
  // The gateway sends packets to reserved addresses back to where they came from, and must not tell machines to do so.
  "net/ipv4/conf/all/send_redirects": "0",
  "net/ipv4/conf/default/send_redirects": "0",
  // Conntrack sees packets that a fault swallows afterwards, so that its idea of the TCP window may be wrong.
  "net/netfilter/nf_conntrack_tcp_be_liberal": "1",
  // A connection of a reserved address that has moved must reach the new holder, who answers it with RST.
  "net/netfilter/nf_conntrack_tcp_loose": "1",
  // Load comes from one address.
  "net/ipv4/ip_local_port_range": "10240 65535",
};

/** A shell script, because /proc/sys/net shows the namespace of the process that opens it. IPv6 may be missing altogether. */
export function sysctlScript(): string {
  return Object.entries(sysctls)
    .map(([key, value]) => `if [ -e /proc/sys/${key} ]; then echo '${value}' > /proc/sys/${key} || exit 1; fi`)
    .join("\n");
}

const bridgeOptions = "type bridge stp_state 0 forward_delay 0 mcast_snooping 0";

/** `ip` batch lines that make what is missing of the public network; adding again what is there does no harm. */
export function publicNetworkLines(existing: { links: ReadonlySet<string>; hasMetadataRule: boolean }): string[] {
  const own = [...services.nameservers, services.metadata, services.api, services.spaces, services.packageMirror, services.echo];
  return [
    "link set lo up",
    ...own.map((address) => `addr replace ${address}/32 dev lo`),
    ...(existing.links.has(publicBridge) ? [] : [`link add ${publicBridge} address ${publicBridgeMac} ${bridgeOptions}`]),
    `addr replace ${publicNetwork.gateway}/${publicNetwork.prefix} dev ${publicBridge}`,
    `addr replace ${anchorNetwork.gateway}/${anchorNetwork.prefix} dev ${publicBridge}`,
    `link set ${publicBridge} up`,
    // Destination NAT in the output hook needs a route to begin with; nobody ever answers on it.
    `route replace ${reservedNetwork.cidr} dev ${publicBridge} src ${publicNetwork.gateway}`,
    ...(existing.hasMetadataRule ? [] : [`rule add priority ${metadataTable} from ${services.metadata} lookup ${metadataTable}`]),
  ];
}

export function vpcLines({ id, cidr }: Vpc, links: ReadonlySet<string>): string[] {
  const bridge = vpcBridge(id);
  return [
    ...(links.has(bridge) ? [] : [`link add ${bridge} address ${vpcBridgeMac(id)} ${bridgeOptions}`]),
    `link set ${bridge} up`,
    `route replace ${formatNetwork(cidr)} dev ${bridge} src ${services.metadata} table ${metadataTable}`,
  ];
}

/** Throws if the VPC's range is taken, or belongs to the cloud. */
export function checkVpc(vpc: Vpc, others: readonly Vpc[]): void {
  const range = parseCidr(vpc.cidr);
  const taken = [
    ...others.filter(({ id }) => id !== vpc.id).map(({ id, cidr }) => ({ cidr, owner: `VPC ${id}` })),
    ...[publicNetwork.cidr, reservedNetwork.cidr, anchorNetwork.cidr, "169.254.0.0/16", "127.0.0.0/8", "224.0.0.0/3"]
      .map((cidr) => ({ cidr, owner: "the cloud itself" })),
  ].find(({ cidr }) => overlaps(range, parseCidr(cidr)));
  if (taken !== undefined) {
    throw new Error(`VPC ${vpc.id} cannot have ${formatRange(range)}: ${taken.owner} has ${taken.cidr}; choose a range that overlaps no other`);
  }
}

/** `ip route` refuses a range with bits below its prefix. */
function formatNetwork(cidr: string): string {
  const { first, last } = parseCidr(cidr);
  return `${formatRange({ first, last: first })}/${32 - Math.log2(last - first + 1)}`;
}
