import { z } from "zod";
import type { Cloud } from "./cloud.ts";
import { readPorts } from "./firewallRules.ts";
import { unprocessable } from "./http/errors.ts";
import { parseAddress, parseRange } from "./ipv4.ts";
import { liveDroplets } from "./machineSpec.ts";
import { findTag } from "./routes/tags.ts";
import type { FirewallRecord, RuleRecord } from "./state/schema.ts";

/** https://docs.digitalocean.com/products/networking/firewalls/details/limits/ */
const limits = { dropletIds: 10, tags: 5, rules: 50, sources: 1000 };

const targetSchema = z.strictObject({
  addresses: z.array(z.string()).nullish(),
  droplet_ids: z.array(z.int()).nullish(),
  load_balancer_uids: z.array(z.string()).nullish(),
  kubernetes_ids: z.array(z.string()).nullish(),
  tags: z.array(z.string()).nullish(),
});
const ruleBase = {
  protocol: z.enum(["tcp", "udp", "icmp"], "a cloud firewall knows tcp, udp and icmp only"),
  // The official client leaves them out for icmp.
  ports: z.string().nullish(),
};

export const rulesSchema = z.strictObject({
  inbound_rules: z.array(z.strictObject({ ...ruleBase, sources: targetSchema })).nullish(),
  outbound_rules: z.array(z.strictObject({ ...ruleBase, destinations: targetSchema })).nullish(),
});
export const dropletIdsSchema = z.strictObject({ droplet_ids: z.array(z.int()) });
export const tagsSchema = z.strictObject({ tags: z.array(z.string()) });
export const firewallSchema = z.strictObject({
  name: z.string().max(255).regex(/^[a-zA-Z0-9][a-zA-Z0-9.-]+$/, "a firewall's name has letters, numbers, dashes and dots only"),
  ...rulesSchema.shape,
  droplet_ids: z.array(z.int()).nullish(),
  tags: z.array(z.string()).nullish(),
});

export type FirewallInput = z.output<typeof firewallSchema>;
export type RulesInput = z.output<typeof rulesSchema>;

export type FirewallContent = Pick<FirewallRecord, "name" | "inbound" | "outbound" | "dropletIds" | "tags">;

export function readFirewall(cloud: Cloud, input: FirewallInput): FirewallContent {
  const content = {
    name: input.name,
    ...readRules(cloud, input),
    dropletIds: readDropletIds(cloud, input.droplet_ids ?? []),
    tags: readTags(cloud, input.tags ?? []),
  };
  if (content.inbound.length + content.outbound.length === 0) throw unprocessable("A firewall needs at least one inbound or outbound rule.");
  checkLimits(content);
  return content;
}

export function readRules(cloud: Cloud, input: RulesInput): { inbound: RuleRecord[]; outbound: RuleRecord[] } {
  const read = (kind: string) => (rule: { protocol: RuleRecord["protocol"]; ports?: string | null | undefined }, target: z.output<typeof targetSchema>, index: number): RuleRecord => ({
    protocol: rule.protocol,
    ports: portsOf(rule, `${kind}.${index}.ports`),
    peers: peersOf(cloud, target, `${kind}.${index}`),
  });
  const inbound = read("inbound_rules");
  const outbound = read("outbound_rules");
  return {
    inbound: (input.inbound_rules ?? []).map((rule, index) => inbound(rule, rule.sources, index)),
    outbound: (input.outbound_rules ?? []).map((rule, index) => outbound(rule, rule.destinations, index)),
  };
}

export function readDropletIds(cloud: Cloud, ids: number[]): number[] {
  for (const id of ids) {
    if (!liveDroplets(cloud.state).some((droplet) => droplet.id === id)) throw unprocessable(`Droplet ${id} does not exist.`);
  }
  return [...new Set(ids)];
}

/** In the tag's first spelling. Unlike a droplet's tags, a firewall's must be there beforehand. */
export function readTags(cloud: Cloud, tags: string[]): string[] {
  return [...new Set(tags.map((name) => {
    const tag = findTag(cloud.state, name);
    if (tag === undefined) throw unprocessable(`The tag "${name}" does not exist: create it before a firewall names it.`);
    return tag;
  }))];
}

export function checkLimits(content: FirewallContent): void {
  const over = (what: string, count: number, most: number): void => {
    if (count > most) throw unprocessable(`A firewall has at most ${most} ${what}, not ${count}.`);
  };
  over("droplet ids", content.dropletIds.length, limits.dropletIds);
  over("tags", content.tags.length, limits.tags);
  over("rules", content.inbound.length + content.outbound.length, limits.rules);
  for (const { peers } of [...content.inbound, ...content.outbound]) {
    over("sources or destinations in a rule", peers.addresses.length + peers.dropletIds.length + peers.tags.length, limits.sources);
  }
}

function portsOf(rule: { protocol: string; ports?: string | null | undefined }, where: string): string {
  if (rule.protocol === "icmp") return "0";
  const ports = readPorts(rule.ports ?? "");
  if (ports !== null) return ports;
  throw unprocessable(`${where}: "${rule.ports ?? ""}" is none of "80", "8000-9000", "all".`);
}

function peersOf(cloud: Cloud, target: z.output<typeof targetSchema>, where: string): RuleRecord["peers"] {
  if ((target.load_balancer_uids ?? []).length + (target.kubernetes_ids ?? []).length > 0) {
    throw unprocessable(`${where}: the local cloud has no load balancers and no Kubernetes clusters to name in a rule.`);
  }
  const addresses = target.addresses ?? [];
  for (const address of addresses) {
    if (!isAddressOrRange(address)) throw unprocessable(`${where}: invalid address "${address}".`);
  }
  return { addresses, dropletIds: readDropletIds(cloud, target.droplet_ids ?? []), tags: readTags(cloud, target.tags ?? []) };
}

function isAddressOrRange(text: string): boolean {
  if (parseAddress(text) !== null || parseRange(text) !== null) return true;
  return z.ipv6().safeParse(text).success || z.cidrv6().safeParse(text).success;
}
