import { randomUUID } from "node:crypto";
import { z } from "zod";
import { anchorNetwork, firstPublicAddress, reservedNetwork } from "../../addresses.ts";

/** Everything that the API remembers of its one account: one document, checked when it is read back. */

const time = z.number();
const id = z.int().min(1);

const poolSchema = z.strictObject({ next: z.ipv4(), freed: z.array(z.ipv4()) });

const tokenSchema = z.strictObject({
  name: z.string(),
  /** SHA-256 of the token; the token itself is nowhere. */
  hash: z.string().length(64),
  /** `["*"]` means all. */
  scopes: z.array(z.string()),
  createdAt: time,
});

const keySchema = z.strictObject({ id, name: z.string(), publicKey: z.string(), fingerprint: z.string() });

const vpcSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  description: z.string(),
  region: z.string(),
  range: z.cidrv4(),
  default: z.boolean(),
  createdAt: time,
  pool: poolSchema,
});

const dropletSchema = z.strictObject({
  id,
  name: z.string(),
  status: z.enum(["new", "active", "off"]),
  /** Whether its machine was ever racked; when that failed, the droplet is `off` and has none. */
  built: z.boolean().default(true),
  /** Set once it is deleted; it is kept until its machine is gone, and no client sees it any more. */
  deletedAt: time.nullable(),
  createdAt: time,
  region: z.string(),
  size: z.string(),
  diskGiB: z.int(),
  image: z.string(),
  features: z.array(z.string()),
  userData: z.string().nullable(),
  /** Public keys as they were at its creation. */
  sshKeys: z.array(z.string()),
  tags: z.array(z.string()),
  vpcId: z.uuid(),
  publicNic: z.strictObject({ mac: z.string(), address: z.ipv4(), anchorAddress: z.ipv4() }).nullable(),
  privateNic: z.strictObject({ mac: z.string(), address: z.ipv4() }),
});

const peersSchema = z.strictObject({
  addresses: z.array(z.string()),
  dropletIds: z.array(id),
  tags: z.array(z.string()),
});

const ruleSchema = z.strictObject({
  protocol: z.enum(["tcp", "udp", "icmp"]),
  /** `"0"` is all of them, as the real API says it. */
  ports: z.string(),
  peers: peersSchema,
});

const firewallSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  createdAt: time,
  inbound: z.array(ruleSchema),
  outbound: z.array(ruleSchema),
  dropletIds: z.array(id),
  tags: z.array(z.string()),
});

const reservedIpSchema = z.strictObject({ address: z.ipv4(), region: z.string(), dropletId: id.nullable() });

const actionSchema = z.strictObject({
  id,
  type: z.string(),
  status: z.enum(["in-progress", "completed", "errored"]),
  startedAt: time,
  completedAt: time.nullable(),
  /** When its effect takes place. */
  dueAt: time,
  resourceType: z.enum(["droplet", "reserved_ip"]),
  resourceId: id,
  region: z.string(),
  /** The droplet that it keeps busy: no other action may begin on it. */
  dropletId: id.nullable(),
  /** What the effect needs to know. */
  detail: z.strictObject({
    address: z.ipv4().optional(),
    name: z.string().optional(),
    size: z.string().optional(),
    growDisk: z.boolean().optional(),
  }),
  /** Why it errored; the real API does not say, so only the log and the daemon do. */
  reason: z.string().nullable(),
});

export const grantSchema = z.strictObject({ bucket: z.string(), permission: z.enum(["read", "readwrite", "fullaccess"]) });

const spacesKeySchema = z.strictObject({
  name: z.string(),
  accessKey: z.string(),
  secretKey: z.string(),
  grants: z.array(grantSchema),
  createdAt: time,
});

export const accountStateSchema = z.strictObject({
  version: z.literal(1),
  account: z.strictObject({ uuid: z.uuid(), email: z.string(), projectId: z.uuid(), dropletLimit: z.int().min(1) }),
  nextId: z.strictObject({ droplet: id, action: id, key: id }),
  pools: z.strictObject({ public: poolSchema, anchor: poolSchema, reserved: poolSchema }),
  tokens: z.array(tokenSchema),
  keys: z.array(keySchema),
  tags: z.array(z.string()),
  vpcs: z.array(vpcSchema),
  droplets: z.array(dropletSchema),
  firewalls: z.array(firewallSchema),
  reservedIps: z.array(reservedIpSchema),
  actions: z.array(actionSchema),
  spacesKeys: z.array(spacesKeySchema),
});

export type AccountState = z.infer<typeof accountStateSchema>;
export type Token = z.infer<typeof tokenSchema>;
export type SshKey = z.infer<typeof keySchema>;
export type VpcRecord = z.infer<typeof vpcSchema>;
export type Droplet = z.infer<typeof dropletSchema>;
export type FirewallRecord = z.infer<typeof firewallSchema>;
export type RuleRecord = z.infer<typeof ruleSchema>;
export type ReservedIp = z.infer<typeof reservedIpSchema>;
export type Action = z.infer<typeof actionSchema>;
export type SpacesKey = z.infer<typeof spacesKeySchema>;

export function emptyAccount(): AccountState {
  return {
    version: 1,
    account: { uuid: randomUUID(), email: "owner@quickcart.test", projectId: randomUUID(), dropletLimit: 100 },
    nextId: { droplet: 400_100_000, action: 2_100_000_000, key: 51_200_000 },
    pools: {
      public: { next: firstPublicAddress, freed: [] },
      anchor: { next: anchorNetwork.gateway.replace(/\.1$/, ".2"), freed: [] },
      reserved: { next: reservedNetwork.first, freed: [] },
    },
    tokens: [],
    keys: [],
    tags: [],
    vpcs: [],
    droplets: [],
    firewalls: [],
    reservedIps: [],
    actions: [],
    spacesKeys: [],
  };
}
