import type { Cloud } from "./cloud.ts";
import { liveDroplets, machineSpec } from "./machineSpec.ts";
import type { Action, Droplet, ReservedIp } from "./state/schema.ts";

/** What an action does once its time has come. Must be safe to repeat: after a crash it is. */
export async function performAction(cloud: Cloud, action: Action): Promise<void> {
  if (action.resourceType === "reserved_ip") {
    await moveReservedAddress(cloud, action);
    return;
  }
  const droplet = dropletOf(cloud, action);
  if (!droplet.built && action.type !== "rename") {
    throw new Error(`Droplet ${droplet.id} has no machine, it could not be built: delete it and create it anew.`);
  }
  const { machines } = cloud.datacenter;
  switch (action.type) {
    case "power_on":
      await machines.power(droplet.id, "on");
      droplet.status = "active";
      return;
    case "power_off":
      await machines.power(droplet.id, "off");
      droplet.status = "off";
      return;
    case "shutdown":
      await machines.power(droplet.id, "shutdown");
      droplet.status = "off";
      return;
    case "power_cycle":
      await machines.power(droplet.id, "off");
      await machines.power(droplet.id, "on");
      droplet.status = "active";
      return;
    case "reboot":
      await machines.power(droplet.id, "reboot");
      return;
    case "rename":
      droplet.name = action.detail.name ?? droplet.name;
      return;
    case "resize":
      await resize(cloud, droplet, action);
      return;
    default:
      throw new Error(`There is no effect for an action of type "${action.type}".`);
  }
}

async function resize(cloud: Cloud, droplet: Droplet, action: Action): Promise<void> {
  const size = cloud.catalog.sizes.find((candidate) => candidate.slug === action.detail.size);
  if (size === undefined) throw new Error(`The size "${action.detail.size ?? ""}" is not in the catalogue.`);
  const resized = { size: size.slug, diskGiB: action.detail.growDisk === true ? size.diskGiB : droplet.diskGiB };
  await cloud.datacenter.machines.resize(machineSpec(cloud.state, cloud.catalog, { ...droplet, ...resized }));
  Object.assign(droplet, resized);
}

async function moveReservedAddress(cloud: Cloud, action: Action): Promise<void> {
  const reserved = reservedOf(cloud, action);
  const target = action.type === "assign_ip" ? dropletOf(cloud, action).id : null;
  await cloud.datacenter.networks.assignReservedAddress(reserved.address, target);
  reserved.dropletId = target;
}

function dropletOf(cloud: Cloud, action: Action): Droplet {
  const droplet = liveDroplets(cloud.state).find((candidate) => candidate.id === action.dropletId);
  if (droplet === undefined) throw new Error(`Droplet ${action.dropletId ?? ""} is gone.`);
  return droplet;
}

function reservedOf(cloud: Cloud, action: Action): ReservedIp {
  const reserved = cloud.state.reservedIps.find((candidate) => candidate.address === action.detail.address);
  if (reserved === undefined) throw new Error(`The reserved address ${action.detail.address ?? ""} is gone.`);
  return reserved;
}
