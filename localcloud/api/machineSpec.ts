import type { MachineSpec } from "../datacenter.ts";
import { knownRange } from "./allocate.ts";
import type { Catalog } from "./catalog.ts";
import type { AccountState, Droplet } from "./state/schema.ts";

/** What the datacenter is told of a droplet. */
export function machineSpec(state: AccountState, catalog: Catalog, droplet: Droplet): MachineSpec {
  const size = catalog.sizes.find((candidate) => candidate.slug === droplet.size);
  const vpc = state.vpcs.find((candidate) => candidate.id === droplet.vpcId);
  if (size === undefined) throw new Error(`Droplet ${droplet.id} has the size "${droplet.size}", which is not in the catalogue.`);
  if (vpc === undefined) throw new Error(`Droplet ${droplet.id} is in the VPC ${droplet.vpcId}, which does not exist.`);
  return {
    id: droplet.id,
    name: droplet.name,
    region: droplet.region,
    image: droplet.image,
    vcpus: size.vcpus,
    memoryMiB: size.memoryMiB,
    diskGiB: droplet.diskGiB,
    userData: droplet.userData,
    sshKeys: droplet.sshKeys,
    nics: {
      public: droplet.publicNic,
      private: { ...droplet.privateNic, vpcId: vpc.id, prefix: knownRange(vpc.range).prefix },
    },
  };
}

/** Droplets that clients see. */
export function liveDroplets(state: AccountState): Droplet[] {
  return state.droplets.filter((droplet) => droplet.deletedAt === null);
}
