import { compileFaults } from "./faults.ts";
import { compileFilter } from "./filter.ts";
import { compileGuard } from "./guard.ts";
import { compileNat } from "./nat.ts";
import { type NetworkState } from "./state.ts";

/** The tables, each replaced on its own: a partition does not wait for the firewalls of sixty machines. */
export type Part = "guard" | "filter" | "nat" | "faults";

export const allParts: readonly Part[] = ["guard", "filter", "nat", "faults"];

/** What `nft -f` loads in one transaction. Throws on what cannot be expressed, an address that is none, say. */
export function compileRuleset(state: NetworkState, parts: Iterable<Part> = allParts): string {
  const wanted = new Set(parts);
  return allParts.filter((part) => wanted.has(part)).map((part) => compilePart(state, part)).join("");
}

function compilePart(state: NetworkState, part: Part): string {
  switch (part) {
    case "guard": return compileGuard(state.machines);
    case "filter": return compileFilter(state);
    case "nat": return compileNat(state);
    case "faults": return compileFaults(state);
  }
}
