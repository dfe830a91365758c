import { anchorNetwork, publicNetwork, services } from "../addresses.ts";
import { knownRange } from "./allocate.ts";
import { formatAddress, netmask } from "./ipv4.ts";
import type { AccountState, Droplet } from "./state/schema.ts";

/** https://docs.digitalocean.com/reference/api/metadata-api/ — what `/metadata/v1.json` answers to one droplet. */
export interface MetadataDocument {
  droplet_id: number;
  hostname: string;
  user_data?: string;
  vendor_data: string;
  public_keys: string[];
  region: string;
  interfaces: { public?: NicMetadata[]; private: NicMetadata[] };
  /** The old name of `reserved_ip`; the real service still answers both. */
  floating_ip: { ipv4: ReservedMetadata };
  reserved_ip: { ipv4: ReservedMetadata };
  dns: { nameservers: string[] };
  features: { dhcp_enabled: boolean };
  tags: string[];
}

interface AddressMetadata {
  ip_address: string;
  netmask: string;
  gateway: string;
}

interface NicMetadata {
  ipv4: AddressMetadata;
  anchor_ipv4?: AddressMetadata;
  mac: string;
  type: "public" | "private";
}

interface ReservedMetadata {
  active: boolean;
  ip_address?: string;
}

export function metadataDocument(state: AccountState, droplet: Droplet): MetadataDocument {
  const reserved = state.reservedIps.find((candidate) => candidate.dropletId === droplet.id);
  const reservedMetadata: ReservedMetadata = reserved === undefined ? { active: false } : { active: true, ip_address: reserved.address };
  return {
    droplet_id: droplet.id,
    hostname: droplet.name,
    ...(droplet.userData === null ? {} : { user_data: droplet.userData }),
    vendor_data: "",
    public_keys: droplet.sshKeys,
    region: droplet.region,
    interfaces: { ...publicInterfaces(droplet), private: [privateInterface(state, droplet)] },
    floating_ip: { ipv4: reservedMetadata },
    reserved_ip: { ipv4: reservedMetadata },
    dns: { nameservers: [...services.nameservers] },
    features: { dhcp_enabled: false },
    tags: droplet.tags,
  };
}

function publicInterfaces(droplet: Droplet): { public?: NicMetadata[] } {
  if (droplet.publicNic === null) return {};
  const { address, anchorAddress, mac } = droplet.publicNic;
  return {
    public: [{
      ipv4: { ip_address: address, netmask: publicNetwork.netmask, gateway: publicNetwork.gateway },
      anchor_ipv4: { ip_address: anchorAddress, netmask: anchorNetwork.netmask, gateway: anchorNetwork.gateway },
      mac,
      type: "public",
    }],
  };
}

function privateInterface(state: AccountState, droplet: Droplet): NicMetadata {
  const vpc = state.vpcs.find((candidate) => candidate.id === droplet.vpcId);
  if (vpc === undefined) throw new Error(`Droplet ${droplet.id} is in the VPC ${droplet.vpcId}, which does not exist.`);
  const range = knownRange(vpc.range);
  return {
    ipv4: { ip_address: droplet.privateNic.address, netmask: netmask(range.prefix), gateway: formatAddress(range.base + 1) },
    mac: droplet.privateNic.mac,
    type: "private",
  };
}

/** A leaf is text; a folder lists its entries; a list looks like a folder, but there is nothing below its entries. */
export type MetadataNode = string | string[] | { [name: string]: MetadataNode };

/** The same as paths below `/metadata/v1`: `interfaces/public/0/ipv4/address`. */
export function metadataTree(document: MetadataDocument): MetadataNode {
  const reserved = ({ ipv4 }: { ipv4: ReservedMetadata }): MetadataNode => ({
    ipv4: { active: String(ipv4.active), ...(ipv4.ip_address === undefined ? {} : { ip_address: ipv4.ip_address }) },
  });
  const { interfaces } = document;
  return {
    id: String(document.droplet_id),
    hostname: document.hostname,
    "user-data": document.user_data ?? "",
    "vendor-data": document.vendor_data,
    "public-keys": document.public_keys.join("\n"),
    region: document.region,
    interfaces: {
      ...(interfaces.public === undefined ? {} : { public: numbered(interfaces.public.map(nicTree)) }),
      private: numbered(interfaces.private.map(nicTree)),
    },
    dns: { nameservers: document.dns.nameservers.join("\n") },
    floating_ip: reserved(document.floating_ip),
    reserved_ip: reserved(document.reserved_ip),
    features: { dhcp_enabled: String(document.features.dhcp_enabled) },
    tags: document.tags,
  };
}

function nicTree(nic: NicMetadata): MetadataNode {
  const address = (ipv4: AddressMetadata): MetadataNode => ({ address: ipv4.ip_address, netmask: ipv4.netmask, gateway: ipv4.gateway });
  return {
    type: nic.type,
    mac: nic.mac,
    ipv4: address(nic.ipv4),
    ...(nic.anchor_ipv4 === undefined ? {} : { anchor_ipv4: address(nic.anchor_ipv4) }),
  };
}

function numbered(nodes: MetadataNode[]): MetadataNode {
  return Object.fromEntries(nodes.map((node, index) => [String(index), node]));
}

/** What a path answers: a leaf's text, a folder's list (`interfaces/` and the like), null when there is no such path. */
export function lookUp(tree: MetadataNode, path: string): string | null {
  let node: MetadataNode = tree;
  for (const segment of path.split("/").filter((part) => part !== "")) {
    if (typeof node === "string" || Array.isArray(node) || !Object.hasOwn(node, segment)) return null;
    const next: MetadataNode | undefined = node[segment];
    if (next === undefined) return null;
    node = next;
  }
  if (typeof node === "string") return node;
  if (Array.isArray(node)) return node.join("\n");
  return Object.entries(node).map(([name, child]) => (typeof child === "string" ? name : `${name}/`)).join("\n");
}
