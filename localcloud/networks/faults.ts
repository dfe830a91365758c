import type { MachineId } from "../datacenter.ts";
import { forbidden } from "./filter.ts";
import { addressesOf } from "./names.ts";
import { anonymousSet, baseChain, replaceTable, tables } from "./nftText.ts";
import { type Fault, type NetworkState } from "./state.ts";

/**
 * Faults are silent, as those of a network are: nothing is answered, links stay up, ARP goes on. They come before the
 * firewalls and whatever conntrack thinks, so that established connections are cut as well.
 */
export function compileFaults({ machines, faults }: Pick<NetworkState, "machines" | "faults">): string {
  const known = new Map(machines.map((machine) => [machine.id, addressesOf(machine)]));
  const matches = faults.flatMap((fault) => render(fault, known));
  // -10: after NAT, where both sides are known by their own addresses, and before the firewalls.
  return replaceTable(tables.faults, [
    baseChain("forward", "filter", "forward", -10, matches.map((match) => `${match} drop`)),
    baseChain("input", "filter", "input", -10, matches.map((match) => `${match} drop`)),
    baseChain("output", "filter", "output", -10, matches.map((match) => `${match} ${forbidden}`)),
  ]);
}

/** nft matches of what the fault swallows; none while a machine that it speaks of is not plugged in. */
function render(fault: Fault, known: ReadonlyMap<MachineId, string[]>): string[] {
  if (fault.kind === "loss") {
    const addresses = known.get(fault.machine);
    if (addresses === undefined) return [];
    const dice = fault.percent === 100 ? "" : ` numgen random mod 100000 < ${Math.round(fault.percent * 1000)}`;
    return [`ip daddr ${anonymousSet(addresses)}${dice}`];
  }
  const from = known.get(fault.from);
  const to = fault.to === null ? null : known.get(fault.to);
  if (from === undefined || to === undefined) return [];
  const ends = [between(from, to), between(to, from)];
  const { only } = fault;
  if (only === null) return ends;
  // A service is cut off in both directions, whichever side it listens on.
  return ends.flatMap((end) => ["dport", "sport"].map((field) => `${end} ${only.protocol} ${field} ${only.port}`));
}

function between(sources: string[] | null, destinations: string[] | null): string {
  return [
    ...(sources === null ? [] : [`ip saddr ${anonymousSet(sources)}`]),
    ...(destinations === null ? [] : [`ip daddr ${anonymousSet(destinations)}`]),
  ].join(" ");
}
