import { randomUUID } from "node:crypto";
import { timestamp } from "../clock.ts";
import type { Cloud } from "../cloud.ts";
import {
  checkLimits, dropletIdsSchema, firewallSchema, readDropletIds, readFirewall, readRules, readTags, rulesSchema, tagsSchema,
  type FirewallContent,
} from "../firewallInput.ts";
import { hasAny, sameTag } from "../firewallRules.ts";
import { ApiError, notFound } from "../http/errors.ts";
import { paginate } from "../http/pagination.ts";
import { param, route, routeWithBody, type Answer, type Call, type Route } from "../http/route.ts";
import type { AccountState, Droplet, FirewallRecord, RuleRecord } from "../state/schema.ts";

export function firewallRoutes(cloud: Cloud): Route[] {
  const { state } = cloud;
  const one = "/v2/firewalls/{firewall_id}";
  const update = ["firewall:update"];
  const find = (call: Call<unknown>): FirewallRecord => {
    const firewall = state.firewalls.find((candidate) => candidate.id === param(call, "firewall_id"));
    if (firewall === undefined) throw notFound();
    return firewall;
  };
  /** A change of a part of the firewall: what comes out is checked as a whole. */
  const change = async (call: Call<unknown>, part: (before: FirewallRecord) => Partial<FirewallContent>): Promise<Answer> => {
    const firewall = find(call);
    const after = { ...firewall, ...part(firewall) };
    checkLimits(after);
    await put(cloud, firewall, after);
    return { status: 204 };
  };
  return [
    route({ method: "GET", path: "/v2/firewalls", scopes: ["firewall:read"] }, (call) => ({
      status: 200,
      body: paginate("firewalls", state.firewalls, firewallView, call),
    })),
    routeWithBody({ method: "POST", path: "/v2/firewalls", scopes: ["firewall:create"], body: firewallSchema }, async ({ body }) => {
      const firewall: FirewallRecord = { id: randomUUID(), createdAt: cloud.clock.now(), ...readFirewall(cloud, body) };
      checkName(state, firewall);
      state.firewalls.push(firewall);
      await orElse(cloud, () => (state.firewalls = state.firewalls.filter((other) => other !== firewall)));
      return { status: 202, body: { firewall: firewallView(firewall) } };
    }),
    route({ method: "GET", path: one, scopes: ["firewall:read"] }, (call) => ({
      status: 200,
      body: { firewall: firewallView(find(call)) },
    })),
    routeWithBody({ method: "PUT", path: one, scopes: update, body: firewallSchema }, async (call) => {
      const firewall = find(call);
      const after = { ...firewall, ...readFirewall(cloud, call.body) };
      checkName(state, after);
      await put(cloud, firewall, after);
      return { status: 200, body: { firewall: firewallView(firewall) } };
    }),
    route({ method: "DELETE", path: one, scopes: ["firewall:delete"] }, async (call) => {
      const firewall = find(call);
      state.firewalls.splice(state.firewalls.indexOf(firewall), 1);
      await orElse(cloud, () => state.firewalls.push(firewall));
      return { status: 204 };
    }),
    routeWithBody({ method: "POST", path: `${one}/droplets`, scopes: update, body: dropletIdsSchema }, (call) =>
      change(call, (before) => ({ dropletIds: [...new Set([...before.dropletIds, ...readDropletIds(cloud, call.body.droplet_ids)])] }))),
    routeWithBody({ method: "DELETE", path: `${one}/droplets`, scopes: update, body: dropletIdsSchema }, (call) =>
      change(call, (before) => ({ dropletIds: before.dropletIds.filter((id) => !call.body.droplet_ids.includes(id)) }))),
    routeWithBody({ method: "POST", path: `${one}/tags`, scopes: update, body: tagsSchema }, (call) =>
      change(call, (before) => ({ tags: [...new Set([...before.tags, ...readTags(cloud, call.body.tags)])] }))),
    routeWithBody({ method: "DELETE", path: `${one}/tags`, scopes: update, body: tagsSchema }, (call) =>
      change(call, (before) => ({ tags: before.tags.filter((tag) => !call.body.tags.some((gone) => sameTag(gone, tag))) }))),
    routeWithBody({ method: "POST", path: `${one}/rules`, scopes: update, body: rulesSchema }, (call) => {
      const added = readRules(cloud, call.body);
      return change(call, (before) => ({
        inbound: [...without(before.inbound, added.inbound), ...added.inbound],
        outbound: [...without(before.outbound, added.outbound), ...added.outbound],
      }));
    }),
    routeWithBody({ method: "DELETE", path: `${one}/rules`, scopes: update, body: rulesSchema }, (call) => {
      const gone = readRules(cloud, call.body);
      return change(call, (before) => ({
        inbound: without(before.inbound, gone.inbound),
        outbound: without(before.outbound, gone.outbound),
      }));
    }),
  ];
}

export function firewallsOf(state: AccountState, droplet: Droplet): FirewallRecord[] {
  return state.firewalls.filter((firewall) => firewall.dropletIds.includes(droplet.id) || hasAny(droplet, firewall.tags));
}

export function firewallView(firewall: FirewallRecord): Record<string, unknown> {
  return {
    id: firewall.id,
    name: firewall.name,
    // Never "waiting": a change is answered only after it is in force.
    status: "succeeded",
    inbound_rules: firewall.inbound.map((rule) => ({ protocol: rule.protocol, ports: rule.ports, sources: peersView(rule) })),
    outbound_rules: firewall.outbound.map((rule) => ({ protocol: rule.protocol, ports: rule.ports, destinations: peersView(rule) })),
    created_at: timestamp(firewall.createdAt),
    droplet_ids: firewall.dropletIds,
    tags: firewall.tags,
    pending_changes: [],
  };
}

function peersView({ peers }: RuleRecord): Record<string, unknown> {
  return {
    ...(peers.addresses.length > 0 ? { addresses: peers.addresses } : {}),
    ...(peers.dropletIds.length > 0 ? { droplet_ids: peers.dropletIds } : {}),
    ...(peers.tags.length > 0 ? { tags: peers.tags } : {}),
  };
}

async function put(cloud: Cloud, firewall: FirewallRecord, after: FirewallRecord): Promise<void> {
  const before = { ...firewall };
  Object.assign(firewall, after);
  await orElse(cloud, () => Object.assign(firewall, before));
}

/** The account never says that a firewall is in force which is not. */
async function orElse(cloud: Cloud, undo: () => unknown): Promise<void> {
  try {
    await cloud.applyFirewalls();
  } catch (error) {
    undo();
    throw error;
  }
}

function checkName(state: AccountState, firewall: FirewallRecord): void {
  if (state.firewalls.some((other) => other.name === firewall.name && other.id !== firewall.id)) {
    throw new ApiError(409, "conflict", "duplicate name");
  }
}

function without(rules: RuleRecord[], gone: RuleRecord[]): RuleRecord[] {
  const key = (rule: RuleRecord): string => JSON.stringify([
    rule.protocol, rule.ports, [...rule.peers.addresses].sort(), [...rule.peers.dropletIds].sort(), [...rule.peers.tags].sort(),
  ]);
  const keys = new Set(gone.map(key));
  return rules.filter((rule) => !keys.has(key(rule)));
}
