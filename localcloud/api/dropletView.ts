import { publicNetwork } from "../addresses.ts";
import { knownRange } from "./allocate.ts";
import { imageView, regionView, sizeView } from "./catalog.ts";
import { timestamp } from "./clock.ts";
import type { Cloud } from "./cloud.ts";
import { formatAddress, netmask } from "./ipv4.ts";
import type { Action, Droplet } from "./state/schema.ts";

/** A droplet as clients see it. Fields that look useless stay: the official provider crashes without some of them. */
export function dropletView(cloud: Cloud, droplet: Droplet): Record<string, unknown> {
  const size = cloud.catalog.sizes.find((candidate) => candidate.slug === droplet.size);
  return {
    id: droplet.id,
    name: droplet.name,
    memory: size?.memoryMiB ?? 0,
    vcpus: size?.vcpus ?? 0,
    disk: droplet.diskGiB,
    disk_info: [{ type: "local", size: { amount: droplet.diskGiB, unit: "gib" } }],
    locked: cloud.actions.isBusy(droplet.id),
    status: droplet.status,
    kernel: null,
    created_at: timestamp(droplet.createdAt),
    features: droplet.features,
    backup_ids: [],
    next_backup_window: null,
    snapshot_ids: [],
    image: imageView(cloud.catalog, droplet.image),
    volume_ids: [],
    size: sizeView(cloud.catalog, droplet.size),
    size_slug: droplet.size,
    networks: { v4: droplet.status === "new" ? [] : networksOf(cloud, droplet), v6: [] },
    region: regionView(cloud.catalog, droplet.region),
    tags: droplet.tags,
    vpc_uuid: droplet.vpcId,
  };
}

function networksOf(cloud: Cloud, droplet: Droplet): Record<string, string>[] {
  const vpc = cloud.state.vpcs.find((candidate) => candidate.id === droplet.vpcId);
  const networks: Record<string, string>[] = [];
  if (droplet.publicNic !== null) {
    const { netmask: mask, gateway } = publicNetwork;
    networks.push({ ip_address: droplet.publicNic.address, netmask: mask, gateway, type: "public" });
  }
  if (vpc !== undefined) {
    const range = knownRange(vpc.range);
    networks.push({
      ip_address: droplet.privateNic.address,
      netmask: netmask(range.prefix),
      gateway: formatAddress(range.base + 1),
      type: "private",
    });
  }
  return networks;
}

export function actionView(cloud: Cloud, action: Action): Record<string, unknown> {
  return {
    id: action.id,
    status: action.status,
    type: action.type,
    started_at: timestamp(action.startedAt),
    completed_at: action.completedAt === null ? null : timestamp(action.completedAt),
    resource_id: action.resourceId,
    resource_type: action.resourceType,
    region: regionView(cloud.catalog, action.region),
    region_slug: action.region,
  };
}
