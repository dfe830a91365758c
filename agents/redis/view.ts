import type { ClusterNode } from "./clusterNodes.ts";

/** What one node says of itself and of the others. */
export interface Sight {
  readonly id: string;
  readonly nodes: readonly ClusterNode[];
  readonly keys: number;
  /** In bytes. */
  readonly usedMemory: number;
  /** In bytes. */
  readonly maxMemory: number;
  /** Whether a replica is in step with its master; masters always are. */
  readonly inStep: boolean;
}

/** A machine of the topology document. */
export interface WantedMachine {
  readonly name: string;
  readonly address: string;
  /** null while its Redis does not answer. */
  readonly sight: Sight | null;
}

export interface View {
  /** By number. */
  readonly wanted: readonly WantedMachine[];
  /** Of the machine that looks. */
  readonly own: Sight;
  /** Nodes of the cluster on machines that the document does not name, by id; null: does not answer. */
  readonly leaving: ReadonlyMap<string, Sight | null>;
}

/** Whether it is as it was made: it knows nobody, holds no slot and no key. */
export function isBlank({ nodes, keys }: Sight): boolean {
  return keys === 0 && nodes.every(({ self, joining, slots }) => (self || joining) && slots.length === 0);
}
