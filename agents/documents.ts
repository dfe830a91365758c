import * as z from "zod";

/** What the program writes into the private bucket, and the agents read. One schema for both ends. */

const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const machineSchema = z.object({
  name,
  /** Any: machines follow the documents of programs that are newer than they are, and know more tiers. */
  tier: name,
  privateAddress: z.ipv4(),
  /** null when the machine has no public interface. */
  publicAddress: z.ipv4().nullable(),
  /** As the cloud's API names it. Documents of older programs lack it. */
  id: z.string().regex(/^[\w-]+$/).optional(),
});

export const topologySchema = z.object({
  version: z.literal(1),
  stack: z.string().min(1),
  machines: z.array(machineSchema),
}).superRefine((document, context) => {
  for (const field of ["name", "privateAddress"] as const) {
    const seen = new Set<string>();
    for (const machine of document.machines) {
      if (seen.has(machine[field])) {
        context.addIssue({ code: "custom", path: ["machines"], message: `two machines have the ${field} ${machine[field]}` });
      }
      seen.add(machine[field]);
    }
  }
});

export const releaseSchema = z.object({
  version: z.literal(1),
  /** sha256 of the bundle `app/<sha256>.tar.zst`. */
  app: sha256,
});

/** What one machine runs before all others do. When its gate passes, the release document names the same bundle. */
export const canarySchema = z.object({
  version: z.literal(1),
  machine: name,
  app: sha256,
});

export type Machine = z.infer<typeof machineSchema>;
export type Topology = z.infer<typeof topologySchema>;
export type Release = z.infer<typeof releaseSchema>;
export type Canary = z.infer<typeof canarySchema>;

/** Keys in the private bucket. */
export const keys = {
  /** Every machine but the load balancers. */
  topology: "topology/base.json",
  /**
   * One load balancer, in the same schema: only the other one has to know where it is. In the common document they would
   * wait for each other when they are replaced (docs/decisions/replacing-load-balancers.md).
   */
  loadBalancer: (position: 1 | 2): string => `topology/lb-${position}.json`,
  release: "release/base.json",
  canary: "release/canary.json",
  app: (hash: string): string => `app/${hash}.tar.zst`,
} as const;
