import type { Cloud } from "../cloud.ts";
import { checkOrder, orderSchema, placeDroplet, type CheckedOrder, type Order } from "../dropletOrder.ts";
import { dropletView } from "../dropletView.ts";
import { sameTag } from "../firewallRules.ts";
import { notFound, unprocessable } from "../http/errors.ts";
import { apiUrl, paginate } from "../http/pagination.ts";
import { param, route, routeWithBody, type Answer, type Call, type Route } from "../http/route.ts";
import { liveDroplets } from "../machineSpec.ts";
import type { Droplet } from "../state/schema.ts";
import { firewallsOf, firewallView } from "./firewalls.ts";
import { findTag } from "./tags.ts";
import { defaultVpc } from "./vpcs.ts";

export function dropletRoutes(cloud: Cloud): Route[] {
  const one = "/v2/droplets/{droplet_id}";
  const find = (call: Call<unknown>): Droplet => findDroplet(cloud, param(call, "droplet_id"));
  return [
    route({ method: "GET", path: "/v2/droplets", scopes: ["droplet:read"] }, (call) => ({
      status: 200,
      body: paginate("droplets", matching(cloud, call.query), (droplet) => dropletView(cloud, droplet), call),
    })),
    routeWithBody({ method: "POST", path: "/v2/droplets", scopes: ["droplet:create"], body: orderSchema }, ({ body }) => order(cloud, body)),
    route({ method: "DELETE", path: "/v2/droplets", scopes: ["droplet:delete"] }, (call) => {
      const tag = call.query.get("tag_name") ?? "";
      if (tag === "") throw unprocessable("Deleting several droplets needs the query parameter `tag_name`.");
      if (findTag(cloud.state, tag) === undefined) throw notFound();
      for (const droplet of matching(cloud, new URLSearchParams({ tag_name: tag }))) cloud.droplets.remove(droplet);
      return { status: 204 };
    }),
    route({ method: "GET", path: one, scopes: ["droplet:read"] }, (call) => ({
      status: 200,
      body: { droplet: dropletView(cloud, find(call)) },
    })),
    route({ method: "DELETE", path: one, scopes: ["droplet:delete"] }, (call) => {
      cloud.droplets.remove(find(call));
      return { status: 204 };
    }),
    route({ method: "GET", path: `${one}/firewalls`, scopes: ["firewall:read"] }, (call) => ({
      status: 200,
      body: paginate("firewalls", firewallsOf(cloud.state, find(call)), firewallView, call),
    })),
  ];
}

export function findDroplet(cloud: Cloud, id: string | number): Droplet {
  const droplet = liveDroplets(cloud.state).find((candidate) => String(candidate.id) === String(id));
  if (droplet === undefined) throw notFound();
  return droplet;
}

async function order(cloud: Cloud, wanted: Order): Promise<Answer> {
  const early = checkOrder(cloud, wanted);
  const vpc = early.vpc ?? (await defaultVpc(cloud, early.region));
  // What was free before the default VPC was made may be taken by now.
  const checked: CheckedOrder = early.vpc === null ? checkOrder(cloud, wanted) : early;
  const placed = checked.names.map((name) => {
    const droplet = placeDroplet(cloud, wanted, checked, name, vpc);
    const action = cloud.actions.beginUntimed({
      type: "create", resourceType: "droplet", resourceId: droplet.id, region: droplet.region, dropletId: droplet.id,
    });
    return { droplet, action };
  });
  // On the disk before a machine exists: after a crash the daemon must know every machine that it may find.
  await cloud.save();
  const views = placed.map(({ droplet }) => dropletView(cloud, droplet));
  for (const { droplet, action } of placed) cloud.droplets.build(droplet, action);
  const links = { actions: placed.map(({ action }) => ({ id: action.id, rel: "create", href: apiUrl(`/v2/actions/${action.id}`) })) };
  return { status: 202, body: wanted.names === undefined ? { droplet: views[0], links } : { droplets: views, links } };
}

function matching(cloud: Cloud, query: URLSearchParams): Droplet[] {
  const tag = query.get("tag_name");
  const name = query.get("name");
  if (query.get("type") === "gpus") return [];
  return liveDroplets(cloud.state)
    .filter((droplet) => tag === null || droplet.tags.some((own) => sameTag(own, tag)))
    .filter((droplet) => name === null || droplet.name.toLowerCase() === name.toLowerCase());
}
