import { z } from "zod";

/**
 * A killed `pulumi up` may have created what its state does not know: the state then lists a pending create. Creating
 * it again would leave two. So what has the pending create's name and is in no state is deleted first.
 */

const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(z.object({ urn: z.string(), type: z.string(), id: z.string().optional() })).default([]),
    pending_operations: z.array(z.object({
      type: z.string(),
      resource: z.object({ type: z.string(), inputs: z.record(z.string(), z.unknown()).default({}) }),
    })).default([]),
  }),
});
export type State = z.infer<typeof stateSchema>;
export const parseState = (text: string): State => stateSchema.parse(JSON.parse(text));

interface Collection {
  path: string;
  key: string;
  id: string;
}

/** Where the API lists a type, under which key, and what names one of it. What is not here is created idempotently. */
export const collections: Record<string, Collection> = {
  "digitalocean:index/droplet:Droplet": { path: "/v2/droplets", key: "droplets", id: "id" },
  "digitalocean:index/vpc:Vpc": { path: "/v2/vpcs", key: "vpcs", id: "id" },
  "digitalocean:index/firewall:Firewall": { path: "/v2/firewalls", key: "firewalls", id: "id" },
  "digitalocean:index/sshKey:SshKey": { path: "/v2/account/keys", key: "ssh_keys", id: "id" },
  "digitalocean:index/spacesKey:SpacesKey": { path: "/v2/spaces/keys", key: "keys", id: "access_key" },
};

export interface Orphan {
  type: string;
  name: string;
  path: string;
}

/** Pure: which of the API's objects a killed run created without writing it down. */
export function findOrphans(state: State, listed: Record<string, Record<string, unknown>[]>): Orphan[] {
  const known = new Set(state.deployment.resources.map((resource) => `${resource.type} ${resource.id ?? ""}`));
  return state.deployment.pending_operations
    .filter((operation) => operation.type === "creating")
    .flatMap(({ resource }) => {
      const collection = collections[resource.type];
      const name = resource.inputs["name"];
      if (!collection || typeof name !== "string") return [];
      return (listed[resource.type] ?? [])
        .filter((item) => item["name"] === name && !known.has(`${resource.type} ${String(item[collection.id])}`))
        .map((item) => ({ type: resource.type, name, path: `${collection.path}/${String(item[collection.id])}` }));
    });
}

/** Types whose listing `findOrphans` needs for this state. */
export const typesToList = (state: State): string[] =>
  [...new Set(state.deployment.pending_operations.map((operation) => operation.resource.type))].filter((type) => type in collections);
