import { randomUUID } from "node:crypto";
import { z } from "zod";
import { anchorNetwork } from "../../addresses.ts";
import { freeVpcRange, knownRange, refuseVpcRange, vpcPool } from "../allocate.ts";
import { timestamp } from "../clock.ts";
import type { Cloud } from "../cloud.ts";
import { forbidden, notFound, unprocessable } from "../http/errors.ts";
import { paginate } from "../http/pagination.ts";
import { param, route, routeWithBody, type Call, type Route } from "../http/route.ts";
import { liveDroplets } from "../machineSpec.ts";
import type { VpcRecord } from "../state/schema.ts";

const name = z.string().min(1).max(255).regex(/^[a-zA-Z0-9\-.]+$/, "a VPC's name has letters, numbers, dashes and dots only");
const description = z.string().max(255);

const createSchema = z.strictObject({
  name, region: z.string(), description: description.nullish(), ip_range: z.string().nullish(),
});
const updateSchema = z.strictObject({ name, description: description.optional(), default: z.boolean().optional() });
const patchSchema = updateSchema.partial();

export function vpcRoutes(cloud: Cloud): Route[] {
  const { state } = cloud;
  const one = "/v2/vpcs/{vpc_id}";
  const find = (call: Call<unknown>): VpcRecord => {
    const vpc = state.vpcs.find((candidate) => candidate.id === param(call, "vpc_id"));
    if (vpc === undefined) throw notFound();
    return vpc;
  };
  const update = (call: Call<z.output<typeof patchSchema>>): VpcRecord => {
    const vpc = find(call);
    if (call.body.name !== undefined) checkName(cloud, call.body.name, vpc.id);
    vpc.name = call.body.name ?? vpc.name;
    vpc.description = call.body.description ?? vpc.description;
    if (call.body.default === true) {
      for (const other of state.vpcs) if (other.region === vpc.region) other.default = other === vpc;
    }
    return vpc;
  };
  return [
    route({ method: "GET", path: "/v2/vpcs", scopes: ["vpc:read"] }, (call) => ({
      status: 200,
      body: paginate("vpcs", state.vpcs, view, call),
    })),
    routeWithBody({ method: "POST", path: "/v2/vpcs", scopes: ["vpc:create"], body: createSchema }, async ({ body }) => {
      if (!cloud.catalog.regions.some((region) => region.slug === body.region)) {
        throw unprocessable(`You specified an invalid region for VPC creation: "${body.region}".`);
      }
      const vpc = await addVpc(cloud, {
        name: body.name, region: body.region, description: body.description ?? "", range: body.ip_range ?? null, default: false,
      });
      return { status: 201, body: { vpc: view(vpc) } };
    }),
    route({ method: "GET", path: one, scopes: ["vpc:read"] }, (call) => ({ status: 200, body: { vpc: view(find(call)) } })),
    routeWithBody({ method: "PUT", path: one, scopes: ["vpc:update"], body: updateSchema }, (call) => ({
      status: 200, body: { vpc: view(update(call)) },
    })),
    routeWithBody({ method: "PATCH", path: one, scopes: ["vpc:update"], body: patchSchema }, (call) => ({
      status: 200, body: { vpc: view(update(call)) },
    })),
    route({ method: "DELETE", path: one, scopes: ["vpc:delete"] }, async (call) => {
      await removeVpc(cloud, find(call));
      return { status: 204 };
    }),
    route({ method: "GET", path: `${one}/members`, scopes: ["vpc:read"] }, (call) => {
      const vpc = find(call);
      const kind = call.query.get("resource_type") ?? "droplet";
      const members = liveDroplets(state).filter((droplet) => droplet.vpcId === vpc.id && kind === "droplet");
      return {
        status: 200,
        body: paginate("members", members, (droplet) => ({
          urn: `do:droplet:${droplet.id}`, name: droplet.name, created_at: timestamp(droplet.createdAt),
        }), call),
      };
    }),
  ];
}

interface NewVpc {
  name: string;
  region: string;
  description: string;
  /** null: the cloud chooses one. */
  range: string | null;
  default: boolean;
}

/** In the account at once, so that nobody else takes its name or range; resolves when it has its cables. */
export async function addVpc(cloud: Cloud, wanted: NewVpc): Promise<VpcRecord> {
  const { state } = cloud;
  checkName(cloud, wanted.name, null);
  const taken = [anchorNetwork.cidr, ...state.vpcs.map((vpc) => vpc.range)];
  const range = wanted.range ?? freeVpcRange(taken);
  if (range === null) throw unprocessable("There is no free range left for another VPC.");
  const refusal = refuseVpcRange(range, taken);
  if (refusal !== null) throw unprocessable(refusal);
  const vpc: VpcRecord = {
    ...wanted, id: randomUUID(), range, createdAt: cloud.clock.now(), pool: vpcPool(knownRange(range)).pool,
  };
  state.vpcs.push(vpc);
  try {
    await cloud.changeVpcs(() => cloud.datacenter.networks.addVpc({ id: vpc.id, cidr: vpc.range }));
  } catch (error) {
    // Somebody may have deleted it meanwhile.
    state.vpcs = state.vpcs.filter((other) => other !== vpc);
    throw error;
  }
  return vpc;
}

/** A droplet that names no VPC gets its region's default one, which is made when it is first needed. */
export async function defaultVpc(cloud: Cloud, region: string): Promise<VpcRecord> {
  const known = cloud.state.vpcs.find((vpc) => vpc.region === region && vpc.default);
  // Another request may be at work on it: no machine is racked before its VPC has its cables.
  await cloud.changeVpcs(() => Promise.resolve());
  if (known !== undefined && cloud.state.vpcs.includes(known)) return known;
  return addVpc(cloud, { name: `default-${region}`, region, description: "", range: null, default: true });
}

async function removeVpc(cloud: Cloud, vpc: VpcRecord): Promise<void> {
  const { state } = cloud;
  // Machines on their way out still count: the official provider waits and tries again on this answer.
  if (state.droplets.some((droplet) => droplet.vpcId === vpc.id)) throw forbidden("Can not delete VPC with members");
  if (vpc.default) throw forbidden("Can not delete default VPC");
  state.vpcs.splice(state.vpcs.indexOf(vpc), 1);
  try {
    await cloud.changeVpcs(() => cloud.datacenter.networks.removeVpc(vpc.id));
  } catch (error) {
    state.vpcs.push(vpc);
    throw error;
  }
}

function checkName(cloud: Cloud, wanted: string, own: string | null): void {
  if (cloud.state.vpcs.some((vpc) => vpc.name === wanted && vpc.id !== own)) {
    throw unprocessable(`This name is already being used by another VPC in your account: "${wanted}".`);
  }
}

function view(vpc: VpcRecord): Record<string, unknown> {
  return {
    id: vpc.id,
    urn: `do:vpc:${vpc.id}`,
    name: vpc.name,
    description: vpc.description,
    region: vpc.region,
    ip_range: vpc.range,
    created_at: timestamp(vpc.createdAt),
    default: vpc.default,
  };
}
