import { z } from "zod";
import type { Cloud } from "../cloud.ts";
import { sameTag } from "../firewallRules.ts";
import { notFound, unprocessable } from "../http/errors.ts";
import { apiUrl, paginate } from "../http/pagination.ts";
import { param, route, routeWithBody, type Call, type Route } from "../http/route.ts";
import { liveDroplets } from "../machineSpec.ts";
import type { AccountState, Droplet } from "../state/schema.ts";

export const tagName = z.string().min(1).max(255)
  .regex(/^[a-zA-Z0-9_\-:]+$/, "a tag has letters, numbers, colons, dashes and underscores only");

const createSchema = z.strictObject({ name: tagName });
const resourcesSchema = z.strictObject({
  resources: z.array(z.strictObject({ resource_id: z.union([z.string(), z.int()]).transform(String), resource_type: z.string() })).min(1),
});

export function tagRoutes(cloud: Cloud): Route[] {
  const { state } = cloud;
  const one = "/v2/tags/{tag_id}";
  const find = (call: Call<unknown>): string => {
    const tag = findTag(state, param(call, "tag_id"));
    if (tag === undefined) throw notFound();
    return tag;
  };
  return [
    route({ method: "GET", path: "/v2/tags", scopes: ["tag:read"] }, (call) => ({
      status: 200,
      body: paginate("tags", state.tags, (tag) => view(state, tag), call),
    })),
    routeWithBody({ method: "POST", path: "/v2/tags", scopes: ["tag:create"], body: createSchema }, ({ body }) => ({
      status: 201,
      body: { tag: view(state, ensureTag(state, body.name)) },
    })),
    route({ method: "GET", path: one, scopes: ["tag:read"] }, (call) => ({ status: 200, body: { tag: view(state, find(call)) } })),
    route({ method: "DELETE", path: one, scopes: ["tag:delete"] }, async (call) => {
      removeTag(state, find(call));
      await cloud.applyFirewalls();
      return { status: 204 };
    }),
    routeWithBody({ method: "POST", path: `${one}/resources`, scopes: ["tag:create"], body: resourcesSchema }, async (call) => {
      const tag = find(call);
      for (const droplet of taggable(state, call.body.resources)) {
        if (!droplet.tags.some((own) => sameTag(own, tag))) droplet.tags.push(tag);
      }
      await cloud.applyFirewalls();
      return { status: 204 };
    }),
    routeWithBody({ method: "DELETE", path: `${one}/resources`, scopes: ["tag:delete"], body: resourcesSchema }, async (call) => {
      const tag = find(call);
      for (const droplet of taggable(state, call.body.resources)) {
        droplet.tags = droplet.tags.filter((own) => !sameTag(own, tag));
      }
      await cloud.applyFirewalls();
      return { status: 204 };
    }),
  ];
}

export function findTag(state: AccountState, name: string): string | undefined {
  return state.tags.find((tag) => sameTag(tag, name));
}

/** Creating a tag that is there changes nothing: its first spelling stays. */
export function ensureTag(state: AccountState, name: string): string {
  const known = findTag(state, name);
  if (known !== undefined) return known;
  state.tags.push(name);
  return name;
}

function removeTag(state: AccountState, tag: string): void {
  const without = (tags: string[]): string[] => tags.filter((other) => !sameTag(other, tag));
  state.tags = without(state.tags);
  for (const droplet of state.droplets) droplet.tags = without(droplet.tags);
  for (const firewall of state.firewalls) {
    firewall.tags = without(firewall.tags);
    for (const rule of [...firewall.inbound, ...firewall.outbound]) rule.peers.tags = without(rule.peers.tags);
  }
}

function taggable(state: AccountState, resources: { resource_id: string; resource_type: string }[]): Droplet[] {
  return resources.map((resource) => {
    if (resource.resource_type !== "droplet") {
      throw unprocessable(`The local cloud tags droplets only, not resources of type "${resource.resource_type}".`);
    }
    const droplet = liveDroplets(state).find((candidate) => String(candidate.id) === resource.resource_id);
    if (droplet === undefined) throw notFound();
    return droplet;
  });
}

function view(state: AccountState, tag: string): Record<string, unknown> {
  const tagged = liveDroplets(state).filter((droplet) => droplet.tags.some((own) => sameTag(own, tag)));
  const last = tagged.at(-1);
  const uri = last === undefined ? {} : { last_tagged_uri: apiUrl(`/v2/droplets/${last.id}`) };
  return {
    name: tag,
    resources: {
      count: tagged.length,
      ...uri,
      droplets: { count: tagged.length, ...uri },
      images: { count: 0 },
      volumes: { count: 0 },
      volume_snapshots: { count: 0 },
      databases: { count: 0 },
    },
  };
}
