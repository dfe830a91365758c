import { z } from "zod";
import { publicNetwork, anchorNetwork } from "../addresses.ts";
import { knownRange, macAddress, take, vpcPool, type Pool } from "./allocate.ts";
import type { Image, Size } from "./catalog.ts";
import type { Cloud } from "./cloud.ts";
import { unprocessable } from "./http/errors.ts";
import { formatAddress } from "./ipv4.ts";
import { liveDroplets } from "./machineSpec.ts";
import { findImage } from "./routes/catalog.ts";
import { findKey } from "./routes/sshKeys.ts";
import { ensureTag, tagName } from "./routes/tags.ts";
import type { Droplet, VpcRecord } from "./state/schema.ts";

/** https://docs.digitalocean.com/products/droplets/how-to/provide-user-data/ */
const maxUserDataBytes = 64 * 1024;

export const hostName = z.string().max(255)
  .regex(/^[a-zA-Z0-9]?[a-z0-9A-Z.-]*[a-z0-9A-Z]$/, "Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)");

/** As lenient as the real API: its official client sends `ssh_keys: null` and every switch always. */
export const orderSchema = z.strictObject({
  name: hostName.optional(),
  names: z.array(hostName).min(1).max(10).optional(),
  region: z.string().nullish(),
  size: z.string(),
  image: z.union([z.string(), z.int()]),
  ssh_keys: z.array(z.union([z.string(), z.int()])).nullish(),
  backups: z.boolean().nullish(),
  backup_policy: z.unknown().optional(),
  ipv6: z.boolean().nullish(),
  monitoring: z.boolean().nullish(),
  tags: z.array(tagName).nullish(),
  user_data: z.string().nullish(),
  private_networking: z.boolean().nullish(),
  volumes: z.array(z.string()).nullish(),
  vpc_uuid: z.string().nullish(),
  with_droplet_agent: z.boolean().nullish(),
  public_networking: z.boolean().nullish(),
}).refine((order) => (order.name === undefined) !== (order.names === undefined), "give either `name` or `names`");

export type Order = z.output<typeof orderSchema>;

export interface CheckedOrder {
  names: string[];
  region: string;
  size: Size;
  image: Image;
  sshKeys: string[];
  /** null: the region's default one. */
  vpc: VpcRecord | null;
}

/** Throws what the real API would say to an order that cannot be filled. */
export function checkOrder(cloud: Cloud, order: Order): CheckedOrder {
  const { state, catalog } = cloud;
  const invalid = (what: string, value: unknown): never => {
    throw unprocessable(`You specified an invalid ${what} for Droplet creation: ${JSON.stringify(value)}.`);
  };
  const region = order.region ?? catalog.regions[0]?.slug ?? "";
  if (!catalog.regions.some((candidate) => candidate.slug === region)) invalid("region", region);
  const size = catalog.sizes.find((candidate) => candidate.slug === order.size) ?? invalid("size", order.size);
  const image = findImage(catalog.images, order.image) ?? invalid("image", order.image);
  if (size.diskGiB < image.minDiskGiB) invalid("size (its disk is too small for the image)", order.size);
  refuseUnsupported(order);
  if (Buffer.byteLength(order.user_data ?? "") > maxUserDataBytes) {
    throw unprocessable(`User data is too long: ${Buffer.byteLength(order.user_data ?? "")} bytes, at most ${maxUserDataBytes} (64 KiB).`);
  }
  const wantedKeys = order.ssh_keys ?? [];
  const keys = wantedKeys.map((identifier) => findKey(state.keys, identifier));
  const unknown = wantedKeys.filter((_, index) => keys[index] === undefined);
  if (unknown.length > 0) throw unprocessable(`${JSON.stringify(unknown)} are invalid key identifiers for Droplet creation.`);

  const vpcId = order.vpc_uuid ?? "";
  const vpc = state.vpcs.find((candidate) => candidate.id === vpcId && candidate.region === region) ?? null;
  if (vpcId !== "" && vpc === null) invalid(`vpc_uuid (no such VPC in ${region})`, vpcId);

  const names = order.names ?? [order.name ?? ""];
  if (liveDroplets(state).length + names.length > state.account.dropletLimit) {
    throw unprocessable(`creating this/these droplet(s) will exceed your droplet limit of ${state.account.dropletLimit}`);
  }
  return { names, region, size, image, sshKeys: keys.flatMap((key) => (key === undefined ? [] : [key.publicKey])), vpc };
}

/** Better a clear refusal than a droplet that lacks what was paid for. */
function refuseUnsupported(order: Order): void {
  if (order.ipv6 === true) throw unprocessable("The local cloud has no IPv6: order the droplet without `ipv6`.");
  if (order.backups === true) throw unprocessable("The local cloud makes no droplet backups: order the droplet without `backups`.");
  if ((order.volumes ?? []).length > 0) throw unprocessable("The local cloud has no volumes: order the droplet without `volumes`.");
}

/** Puts the droplet into the account, with its addresses, without waiting for anything: two orders never share an address. */
export function placeDroplet(cloud: Cloud, order: Order, checked: CheckedOrder, name: string, vpc: VpcRecord): Droplet {
  const { state, clock } = cloud;
  const id = state.nextId.droplet;
  const network = knownRange(vpc.range);
  const inVpc = mustTake(vpc.pool, vpcPool(network).last, `the VPC "${vpc.name}" (${vpc.range})`);
  const wantsPublic = order.public_networking ?? true;
  const inPublic = wantsPublic ? mustTake(state.pools.public, lastOf(publicNetwork.cidr), "the public network") : null;
  const inAnchor = wantsPublic ? mustTake(state.pools.anchor, lastOf(anchorNetwork.cidr), "the anchor network") : null;
  const droplet: Droplet = {
    id,
    name,
    status: "new",
    built: false,
    deletedAt: null,
    createdAt: clock.now(),
    region: checked.region,
    size: checked.size.slug,
    diskGiB: checked.size.diskGiB,
    image: checked.image.slug,
    features: [...(order.monitoring === true ? ["monitoring"] : []), "droplet_agent", "private_networking"],
    userData: order.user_data ?? null,
    sshKeys: checked.sshKeys,
    tags: [...new Set((order.tags ?? []).map((tag) => ensureTag(state, tag)))],
    vpcId: vpc.id,
    publicNic: inPublic === null || inAnchor === null
      ? null
      : { mac: macAddress("public", id), address: inPublic.address, anchorAddress: inAnchor.address },
    privateNic: { mac: macAddress("private", id), address: inVpc.address },
  };
  state.nextId.droplet += 1;
  vpc.pool = inVpc.pool;
  if (inPublic !== null) state.pools.public = inPublic.pool;
  if (inAnchor !== null) state.pools.anchor = inAnchor.pool;
  state.droplets.push(droplet);
  return droplet;
}

function mustTake(pool: Pool, last: string, where: string): { address: string; pool: Pool } {
  const taken = take(pool, last);
  if (taken === null) throw unprocessable(`There is no free address left in ${where}.`);
  return taken;
}

function lastOf(cidr: string): string {
  const range = knownRange(cidr);
  return formatAddress(range.base + range.size - 2);
}
