import { type ClusterNode, rangesOf, slotsInAll, slotsOf } from "./clusterNodes.ts";
import type { Sight, View } from "./view.ts";

export interface Reconciled {
  readonly nodes: readonly ClusterNode[];
  /** Slots that two nodes think they hold: one of them has not heard yet. */
  readonly disputed: number;
}

/**
 * The cluster as whoever looks sees it, put right by what each node says of itself: news travels by gossip, and a decision from
 * what was so a second ago would give away slots that have a master. Pure.
 */
export function reconcile({ wanted, own, leaving }: View): Reconciled {
  const sights = new Map([...wanted.map(({ sight }) => sight), ...leaving.values()].flatMap((sight): [string, Sight][] => sight === null ? [] : [[sight.id, sight]]));
  const selfOf = (id: string): ClusterNode | undefined => sights.get(id)?.nodes.find(({ self }) => self);
  const owners = new Map<number, string>();
  let disputed = 0;
  for (const { id } of own.nodes) {
    for (const slot of slotsOf(selfOf(id) ?? { slots: [] })) {
      if (owners.has(slot)) disputed += 1;
      else owners.set(slot, id);
    }
  }
  const nodes = own.nodes.map((node) => {
    const self = selfOf(node.id);
    if (self !== undefined) return { ...node, role: self.role, masterId: self.masterId, slots: self.slots };
    return { ...node, slots: rangesOf(slotsOf(node).filter((slot) => slot < slotsInAll && !owners.has(slot))) };
  });
  return { nodes, disputed };
}
