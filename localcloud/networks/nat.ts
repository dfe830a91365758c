import { baseChain, namedMap, replaceTable, tables } from "./nftText.ts";
import { type NetworkState } from "./state.ts";

/**
 * A reserved address lives in these maps only. What is sent to it arrives at the anchor address of the droplet that holds
 * it; what the droplet sends from its anchor address leaves with the reserved one.
 */
export function compileNat(state: Pick<NetworkState, "machines" | "reserved">): string {
  const toAnchor: string[] = [];
  const fromAnchor = new Map<string, string>();
  for (const { address, machine } of state.reserved) {
    // A machine that is powered off keeps its reserved address, and nothing answers there.
    const anchor = state.machines.find(({ id }) => id === machine)?.nics.public?.anchorAddress;
    if (anchor === undefined) continue;
    toAnchor.push(`${address} : ${anchor}`);
    fromAnchor.set(anchor, address);
  }
  const dnat = "dnat to ip daddr map @to_anchor";
  const snat = "snat to ip saddr map @from_anchor";
  return replaceTable(tables.nat, [
    namedMap("to_anchor", "ipv4_addr : ipv4_addr", toAnchor),
    namedMap("from_anchor", "ipv4_addr : ipv4_addr", [...fromAnchor].map(([anchor, address]) => `${anchor} : ${address}`)),
    baseChain("prerouting", "nat", "prerouting", -100, [dnat]),
    baseChain("output", "nat", "output", -100, [dnat]),
    baseChain("postrouting", "nat", "postrouting", 100, [snat]),
    // The cloud's own services are reached without ever being routed out again.
    baseChain("input", "nat", "input", 100, [snat]),
  ]);
}
