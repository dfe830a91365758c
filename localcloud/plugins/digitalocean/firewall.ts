import { z } from "zod";
import { type ResourceType } from "../core/resource.ts";
import { equalSets, isObject, type Json, type JsonObject } from "../core/values.ts";
import { type Api } from "./api.ts";
import { restResource } from "./restResource.ts";

const strings = z.array(z.string()).optional();
const numbers = z.array(z.int()).optional();
const protocol = z.enum(["tcp", "udp", "icmp"], "DigitalOcean's firewalls know tcp, udp and icmp only");
const portRange = z.string().regex(/^(all|0|\d{1,5}(-\d{1,5})?)$/, "a port, a range like 8000-9000, or all").optional();

const inboundRule = z.object({
  protocol, portRange, sourceAddresses: strings, sourceTags: strings, sourceDropletIds: numbers, sourceLoadBalancerUids: strings, sourceKubernetesIds: strings,
});
const outboundRule = z.object({
  protocol, portRange, destinationAddresses: strings, destinationTags: strings, destinationDropletIds: numbers, destinationLoadBalancerUids: strings,
  destinationKubernetesIds: strings,
});

/** Kinds of peers: the API's name, and the end of ours. */
const peerKinds = [
  ["addresses", "Addresses"], ["tags", "Tags"], ["droplet_ids", "DropletIds"], ["load_balancer_uids", "LoadBalancerUids"], ["kubernetes_ids", "KubernetesIds"],
] as const;

type Direction = "source" | "destination";

function toApi(rule: JsonObject, direction: Direction): JsonObject {
  const peers = Object.fromEntries(peerKinds.flatMap(([theirs, ours]) => {
    const list = rule[`${direction}${ours}`];
    return Array.isArray(list) && list.length > 0 ? [[theirs, list]] : [];
  }));
  return {
    protocol: rule["protocol"] ?? "",
    ...(rule["portRange"] === undefined ? {} : { ports: rule["portRange"] }),
    [`${direction}s`]: peers,
  };
}

function fromApi(rule: JsonObject, direction: Direction): JsonObject {
  const peers = isObject(rule[`${direction}s`]) ? (rule[`${direction}s`] as JsonObject) : {};
  const ports = portsOf(rule["protocol"], rule["ports"]);
  return {
    protocol: rule["protocol"] ?? "",
    ...(ports === null ? {} : { portRange: ports }),
    ...Object.fromEntries(peerKinds.flatMap(([theirs, ours]) => {
      const list = peers[theirs];
      return Array.isArray(list) && list.length > 0 ? [[`${direction}${ours}`, list]] : [];
    })),
  };
}

/** "All ports" goes out as `all` and comes back as `0`; icmp has none, which also comes back as `0`. */
function portsOf(kind: Json | undefined, ports: Json | undefined): Json {
  if (ports === undefined || ports === null || ports === "") return null;
  if (ports !== "0") return ports;
  return kind === "icmp" ? null : "all";
}

/** Rules are a set, and so are each rule's peers. */
function sameRules(a: Json | undefined, b: Json | undefined): boolean {
  const canonical = (rules: Json | undefined): Json => (Array.isArray(rules) ? rules : []).map((rule) => {
    if (!isObject(rule)) return rule;
    const sorted = Object.entries(rule).flatMap(([key, value]): [string, Json][] => {
      if (key === "portRange") return portsOf(rule["protocol"], value) === null ? [] : [[key, portsOf(rule["protocol"], value)]];
      if (!Array.isArray(value)) return [[key, value]];
      return value.length === 0 ? [] : [[key, [...value].sort()]];
    });
    return Object.fromEntries(sorted);
  });
  return equalSets(canonical(a), canonical(b));
}

const rule = z.object({ protocol: z.string() }).catchall(z.json());

export function firewallResource(api: () => Api): ResourceType {
  const body = (inputs: JsonObject): JsonObject => {
    const rules = (key: string, direction: Direction): Json => {
      const list = inputs[key];
      return Array.isArray(list) ? list.filter(isObject).map((item) => toApi(item, direction)) : null;
    };
    return {
      name: inputs["name"] ?? "",
      inbound_rules: rules("inboundRules", "source"),
      outbound_rules: rules("outboundRules", "destination"),
      droplet_ids: inputs["dropletIds"] ?? null,
      tags: inputs["tags"] ?? [],
    };
  };
  return restResource(api, {
    inputs: z.object({
      name: z.string().min(1), inboundRules: z.array(inboundRule).optional(), outboundRules: z.array(outboundRule).optional(), dropletIds: numbers, tags: strings,
    }),
    behaviour: { inboundRules: { same: sameRules }, outboundRules: { same: sameRules }, dropletIds: { same: equalSets }, tags: { same: equalSets } },
    path: "/v2/firewalls",
    envelope: "firewall",
    answer: z.object({
      id: z.string(), name: z.string(), status: z.string(), created_at: z.string().nullish(), inbound_rules: z.array(rule).nullish(), outbound_rules: z.array(rule).nullish(),
      droplet_ids: z.array(z.number()).nullish(), tags: z.array(z.string()).nullish(),
      pending_changes: z.array(z.object({ droplet_id: z.number().optional(), removing: z.boolean().optional(), status: z.string().optional() })).nullish(),
    }),
    id: (firewall) => firewall.id,
    outputs: (firewall) => ({
      name: firewall.name,
      status: firewall.status,
      createdAt: firewall.created_at ?? "",
      inboundRules: (firewall.inbound_rules ?? []).map((item) => fromApi(item, "source")),
      outboundRules: (firewall.outbound_rules ?? []).map((item) => fromApi(item, "destination")),
      dropletIds: firewall.droplet_ids ?? [],
      tags: firewall.tags ?? [],
      pendingChanges: (firewall.pending_changes ?? []).map((change) => ({
        dropletId: change.droplet_id ?? 0, removing: change.removing ?? false, status: change.status ?? "",
      })),
    }),
    computed: ["createdAt", "pendingChanges", "status"],
    changedByUpdate: ["pendingChanges", "status"],
    createBody: (inputs) => body(inputs as JsonObject),
    updateBody: (inputs) => body(inputs as JsonObject),
    readsAfterCreate: 1,
    readsAfterUpdate: 1,
    unset: { name: null, inboundRules: [], outboundRules: [], dropletIds: [], tags: [] },
    deleteBeforeReplace: "never",
  });
}
