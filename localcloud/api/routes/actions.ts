import { z } from "zod";
import type { ActionInput } from "../actions.ts";
import type { Cloud } from "../cloud.ts";
import { hostName } from "../dropletOrder.ts";
import { actionView } from "../dropletView.ts";
import { notFound, pendingEvent, unprocessable } from "../http/errors.ts";
import { paginate } from "../http/pagination.ts";
import { param, parseInput, route, routeWithBody, type Route } from "../http/route.ts";
import type { Action, Droplet } from "../state/schema.ts";
import { findDroplet } from "./droplets.ts";

const plain = ["power_on", "power_off", "power_cycle", "reboot", "shutdown"] as const;
const actionSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.enum(plain) }),
  z.strictObject({ type: z.literal("rename"), name: hostName }),
  z.strictObject({ type: z.literal("resize"), size: z.string(), disk: z.boolean().nullish() }),
]);

/** The real API has them, this cloud does not. */
const unsupported: Record<string, string> = {
  enable_ipv6: "it has no IPv6",
  enable_backups: "it makes no droplet backups",
  disable_backups: "it makes no droplet backups",
  change_backup_policy: "it makes no droplet backups",
  snapshot: "it makes no snapshots",
  restore: "it makes no backups",
  rebuild: "delete the droplet and create it anew",
  password_reset: "droplets have no passwords",
  change_kernel: "the kernel is the host's",
};

export function actionRoutes(cloud: Cloud): Route[] {
  const { state } = cloud;
  const ofDroplet = "/v2/droplets/{droplet_id}/actions";
  return [
    route({ method: "GET", path: "/v2/actions", scopes: ["actions:read"] }, (call) => ({
      status: 200,
      body: paginate("actions", newestFirst(state.actions), (action) => actionView(cloud, action), call),
    })),
    route({ method: "GET", path: "/v2/actions/{action_id}", scopes: ["actions:read"] }, (call) => ({
      status: 200,
      body: { action: actionView(cloud, findAction(cloud, param(call, "action_id"), () => true)) },
    })),
    route({ method: "GET", path: ofDroplet, scopes: ["droplet:read"] }, (call) => {
      const droplet = findDroplet(cloud, param(call, "droplet_id"));
      const own = state.actions.filter((action) => isOf(action, droplet));
      return { status: 200, body: paginate("actions", newestFirst(own), (action) => actionView(cloud, action), call) };
    }),
    routeWithBody({ method: "POST", path: ofDroplet, scopes: ["droplet:update"], body: z.looseObject({ type: z.string() }) }, (call) => {
      const droplet = findDroplet(cloud, param(call, "droplet_id"));
      const reason = unsupported[call.body.type];
      if (reason !== undefined) throw unprocessable(`The local cloud does not do "${call.body.type}": ${reason}.`);
      const wanted = parseInput(actionSchema, call.body);
      if (cloud.actions.isBusy(droplet.id)) throw pendingEvent();
      const action = cloud.actions.begin({
        type: wanted.type,
        resourceType: "droplet",
        resourceId: droplet.id,
        region: droplet.region,
        dropletId: droplet.id,
        detail: detailOf(cloud, droplet, wanted),
      });
      return { status: 201, body: { action: actionView(cloud, action) } };
    }),
    route({ method: "GET", path: `${ofDroplet}/{action_id}`, scopes: ["droplet:read"] }, (call) => {
      const droplet = findDroplet(cloud, param(call, "droplet_id"));
      return { status: 200, body: { action: actionView(cloud, findAction(cloud, param(call, "action_id"), (action) => isOf(action, droplet))) } };
    }),
  ];
}

export function findAction(cloud: Cloud, id: string, belongs: (action: Action) => boolean): Action {
  const action = /^\d+$/.test(id) ? cloud.actions.find(Number(id)) : null;
  if (action === null || !belongs(action)) throw notFound();
  return action;
}

export function newestFirst(actions: Action[]): Action[] {
  return [...actions].sort((a, b) => b.id - a.id);
}

function isOf(action: Action, droplet: Droplet): boolean {
  return action.resourceType === "droplet" && action.resourceId === droplet.id;
}

function detailOf(cloud: Cloud, droplet: Droplet, wanted: z.output<typeof actionSchema>): NonNullable<ActionInput["detail"]> {
  switch (wanted.type) {
    case "rename":
      return { name: wanted.name };
    case "resize": {
      const size = cloud.catalog.sizes.find((candidate) => candidate.slug === wanted.size);
      if (size === undefined) throw unprocessable(`You specified an invalid size for Droplet resize: "${wanted.size}".`);
      if (droplet.status !== "off") throw unprocessable("Droplet must be powered off before it is resized.");
      if (size.slug === droplet.size) throw unprocessable("Droplet is already this size.");
      if (size.diskGiB < droplet.diskGiB) throw unprocessable("This size is not available because it has a smaller disk.");
      return { size: size.slug, growDisk: wanted.disk ?? false };
    }
    case "reboot":
    case "shutdown":
      if (droplet.status === "off") throw unprocessable("Droplet is already powered off.");
      return {};
    default:
      return {};
  }
}
