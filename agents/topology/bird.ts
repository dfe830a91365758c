import type { Machine } from "../documents.ts";
import { clients, type Gateway, overlay } from "./overlay.ts";

/**
 * The list that a gateway's bird.conf includes: whom it answers with BFD. Without neighbours the private machines see
 * the gateway dead and take the other one, which is what a gateway wants whose own outside is dead.
 */
export function birdNeighbours(gateway: Gateway, machines: readonly Machine[], outsideAlive: boolean): string {
  const head = "# Written from the topology document, changes are lost.\n";
  if (!outsideAlive) return `${head}# The outside cannot be reached from here: nobody is to come this way.\n`;
  return head + clients(machines)
    .map((machine) => `neighbor ${overlay.address(gateway, machine.privateAddress)} dev "${overlay.device(gateway)}"; # ${machine.name}\n`)
    .toSorted()
    .join("");
}
