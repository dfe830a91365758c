import * as z from "zod";
import { slotCount } from "./clusterNodes.ts";
import type { Sight } from "./view.ts";

/** What `quickcart-redis node` prints. */
export const ownStatusSchema = z.object({
  role: z.enum(["master", "replica"]),
  /** Address of whom a replica follows; null of a master, and while a replica has lost it. */
  master: z.string().nullable(),
  slots: z.number(),
  /** Of a replica: to its master, in step. Of a master: whether a replica that is well follows it. */
  link: z.enum(["up", "down"]),
  /** In bytes. */
  usedMemory: z.number(),
  /** In bytes; 0: no limit. */
  maxMemory: z.number(),
});
export type OwnStatus = z.infer<typeof ownStatusSchema>;

/** Pure. */
export function ownStatus({ id, nodes, inStep, usedMemory, maxMemory }: Sight): OwnStatus {
  const own = nodes.find(({ self }) => self);
  if (own === undefined) throw new Error(`the Redis of this machine, ${id}, does not name itself in CLUSTER NODES`);
  const followed = nodes.some(({ masterId, health }) => masterId === own.id && health === "up");
  return {
    role: own.role, slots: slotCount(own), usedMemory, maxMemory,
    master: nodes.find((node) => node.id === own.masterId)?.address || null,
    link: (own.role === "master" ? followed : inStep) ? "up" : "down",
  };
}
