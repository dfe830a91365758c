import { anchorNetwork, publicNetwork, services } from "../addresses.ts";
import { type MachineSpec } from "../datacenter.ts";

export interface NetworkConfig {
  version: 2;
  ethernets: Record<string, Ethernet>;
}

interface Ethernet {
  match: { macaddress: string };
  addresses: string[];
  "accept-ra": false;
  routes?: { to: string; via?: string }[];
  nameservers: { addresses: string[] };
}

/**
 * DigitalOcean's layout for cloud-init (network config version 2): public NIC first, with the anchor address beside the
 * public one; the VPC second, or first and alone on a machine without a public NIC. That one gets no default route, so
 * the metadata service needs a route of its own.
 */
export function networkConfig({ nics }: Pick<MachineSpec, "nics">): NetworkConfig {
  const nameservers = { addresses: [...services.nameservers] };
  const vpc: Ethernet = {
    match: { macaddress: nics.private.mac },
    addresses: [`${nics.private.address}/${nics.private.prefix}`],
    "accept-ra": false,
    nameservers,
  };
  if (nics.public === null) return { version: 2, ethernets: { eth0: { ...vpc, routes: [{ to: `${services.metadata}/32` }] } } };
  return {
    version: 2,
    ethernets: {
      eth0: {
        match: { macaddress: nics.public.mac },
        addresses: [`${nics.public.address}/${publicNetwork.prefix}`, `${nics.public.anchorAddress}/${anchorNetwork.prefix}`],
        "accept-ra": false,
        routes: [{ to: "0.0.0.0/0", via: publicNetwork.gateway }],
        nameservers,
      },
      eth1: vpc,
    },
  };
}
