import { z } from "zod";
import { reservedNetwork } from "../../addresses.ts";
import { giveBack, knownRange, take } from "../allocate.ts";
import { regionView } from "../catalog.ts";
import type { Cloud } from "../cloud.ts";
import { actionView, dropletView } from "../dropletView.ts";
import { notFound, pendingEvent, unprocessable } from "../http/errors.ts";
import { apiUrl, paginate } from "../http/pagination.ts";
import { param, route, routeWithBody, type Call, type Route } from "../http/route.ts";
import { formatAddress, parseAddress } from "../ipv4.ts";
import { liveDroplets } from "../machineSpec.ts";
import type { Action, Droplet, ReservedIp } from "../state/schema.ts";
import { reservedIpLimit } from "./account.ts";
import { findAction, newestFirst } from "./actions.ts";
import { findDroplet } from "./droplets.ts";

const createSchema = z.strictObject({
  region: z.string().optional(), droplet_id: z.int().optional(), project_id: z.string().optional(),
}).refine((body) => (body.region === undefined) !== (body.droplet_id === undefined), "give either `region` or `droplet_id`");

const actionSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("assign"), droplet_id: z.int() }),
  z.strictObject({ type: z.literal("unassign") }),
]);

interface Words {
  path: string;
  param: string;
  one: string;
  many: string;
}

/** `/v2/floating_ips` is the old name of the same thing. */
export function reservedIpRoutes(cloud: Cloud): Route[] {
  return [
    ...routes(cloud, { path: "/v2/reserved_ips", param: "reserved_ip", one: "reserved_ip", many: "reserved_ips" }),
    ...routes(cloud, { path: "/v2/floating_ips", param: "floating_ip", one: "floating_ip", many: "floating_ips" }),
  ];
}

function routes(cloud: Cloud, words: Words): Route[] {
  const { state } = cloud;
  const one = `${words.path}/{${words.param}}`;
  const find = (call: Call<unknown>): ReservedIp => {
    const reserved = state.reservedIps.find((candidate) => candidate.address === param(call, words.param));
    if (reserved === undefined) throw notFound();
    return reserved;
  };
  return [
    route({ method: "GET", path: words.path, scopes: ["reserved_ip:read"] }, (call) => ({
      status: 200,
      body: paginate(words.many, state.reservedIps, (reserved) => view(cloud, reserved), call),
    })),
    routeWithBody({ method: "POST", path: words.path, scopes: ["reserved_ip:create"], body: createSchema }, ({ body }) => {
      const droplet = body.droplet_id === undefined ? null : dropletFor(cloud, body.droplet_id);
      const reserved = reserve(cloud, droplet?.region ?? body.region ?? "");
      if (droplet === null) return { status: 202, body: { [words.one]: view(cloud, reserved) } };
      const action = begin(cloud, reserved, "assign_ip", droplet.id);
      const links = {
        droplets: [{ id: droplet.id, rel: "droplet", href: apiUrl(`/v2/droplets/${droplet.id}`) }],
        actions: [{ id: action.id, rel: "assign_ip", href: apiUrl(`/v2/actions/${action.id}`) }],
      };
      return { status: 202, body: { [words.one]: view(cloud, reserved), links } };
    }),
    route({ method: "GET", path: one, scopes: ["reserved_ip:read"] }, (call) => ({
      status: 200,
      body: { [words.one]: view(cloud, find(call)) },
    })),
    route({ method: "DELETE", path: one, scopes: ["reserved_ip:delete"] }, async (call) => {
      const reserved = find(call);
      // Out of the account before anything is waited for, so that no second request finds it.
      state.reservedIps.splice(state.reservedIps.indexOf(reserved), 1);
      await cloud.actions.abandon((action) => isOf(action, reserved), `The reserved address ${reserved.address} was deleted.`);
      await cloud.datacenter.networks.assignReservedAddress(reserved.address, null);
      state.pools.reserved = giveBack(state.pools.reserved, reserved.address);
      return { status: 204 };
    }),
    route({ method: "GET", path: `${one}/actions`, scopes: ["reserved_ip:read"] }, (call) => {
      const reserved = find(call);
      const own = state.actions.filter((action) => isOf(action, reserved));
      return { status: 200, body: paginate("actions", newestFirst(own), (action) => actionView(cloud, action), call) };
    }),
    routeWithBody({ method: "POST", path: `${one}/actions`, scopes: ["reserved_ip:update"], body: actionSchema }, (call) => {
      const reserved = find(call);
      if (isBusy(cloud, reserved)) throw unprocessable("The reserved IP already has a pending event.");
      const action = call.body.type === "assign" ? assign(cloud, reserved, call.body.droplet_id) : unassign(cloud, reserved);
      return { status: 201, body: { action: actionView(cloud, action) } };
    }),
    route({ method: "GET", path: `${one}/actions/{action_id}`, scopes: ["reserved_ip:read"] }, (call) => {
      const reserved = find(call);
      const action = findAction(cloud, param(call, "action_id"), (candidate) => isOf(candidate, reserved));
      return { status: 200, body: { action: actionView(cloud, action) } };
    }),
  ];
}

function reserve(cloud: Cloud, region: string): ReservedIp {
  const { state } = cloud;
  if (!cloud.catalog.regions.some((candidate) => candidate.slug === region)) throw unprocessable(`Region "${region}" is not available.`);
  if (state.reservedIps.length >= reservedIpLimit) {
    throw unprocessable(`You have reached the limit of ${reservedIpLimit} reserved IPs for your account.`);
  }
  const range = knownRange(reservedNetwork.cidr);
  const taken = take(state.pools.reserved, formatAddress(range.base + range.size - 2));
  if (taken === null) throw unprocessable("There is no reserved IP left.");
  const reserved: ReservedIp = { address: taken.address, region, dropletId: null };
  state.pools.reserved = taken.pool;
  state.reservedIps.push(reserved);
  return reserved;
}

function assign(cloud: Cloud, reserved: ReservedIp, dropletId: number): Action {
  const droplet = dropletFor(cloud, dropletId);
  if (droplet.region !== reserved.region) throw unprocessable("The Droplet and the reserved IP must be in the same region.");
  return begin(cloud, reserved, "assign_ip", droplet.id);
}

function unassign(cloud: Cloud, reserved: ReservedIp): Action {
  if (reserved.dropletId === null) throw unprocessable("The reserved IP is not assigned to a Droplet.");
  if (cloud.actions.isBusy(reserved.dropletId)) throw pendingEvent();
  return begin(cloud, reserved, "unassign_ip", reserved.dropletId);
}

/** The droplet, if it can take an address now. */
function dropletFor(cloud: Cloud, id: number): Droplet {
  if (!liveDroplets(cloud.state).some((candidate) => candidate.id === id)) throw unprocessable(`Droplet ${id} does not exist.`);
  const droplet = findDroplet(cloud, id);
  if (droplet.publicNic === null) throw unprocessable("A Droplet without a public interface cannot have a reserved IP.");
  if (cloud.actions.isBusy(droplet.id)) throw pendingEvent();
  if (cloud.state.reservedIps.some((other) => other.dropletId === droplet.id)) {
    throw unprocessable("The Droplet already has a reserved IP.");
  }
  return droplet;
}

function begin(cloud: Cloud, reserved: ReservedIp, type: "assign_ip" | "unassign_ip", dropletId: number): Action {
  return cloud.actions.begin({
    type,
    resourceType: "reserved_ip",
    resourceId: numberOf(reserved),
    region: reserved.region,
    dropletId,
    detail: { address: reserved.address },
  });
}

function isBusy(cloud: Cloud, reserved: ReservedIp): boolean {
  return cloud.state.actions.some((action) => action.status === "in-progress" && isOf(action, reserved));
}

function isOf(action: Action, reserved: ReservedIp): boolean {
  return action.resourceType === "reserved_ip" && action.detail.address === reserved.address;
}

/** Actions name their resource by a number. */
function numberOf(reserved: ReservedIp): number {
  return parseAddress(reserved.address) ?? 0;
}

function view(cloud: Cloud, reserved: ReservedIp): Record<string, unknown> {
  const droplet = liveDroplets(cloud.state).find((candidate) => candidate.id === reserved.dropletId);
  return {
    ip: reserved.address,
    region: regionView(cloud.catalog, reserved.region),
    droplet: droplet === undefined ? null : dropletView(cloud, droplet),
    locked: isBusy(cloud, reserved),
    project_id: cloud.state.account.projectId,
  };
}
