import { z } from "zod";
import { type ResourceType } from "../core/resource.ts";
import { equalSets } from "../core/values.ts";
import { type Api } from "./api.ts";
import { restResource } from "./restResource.ts";

const region = z.string().min(1);

/** The types that are one collection of the API each; the rest have files of their own. */
export function restResources(api: () => Api): Record<string, ResourceType> {
  return {
    "digitalocean:index/vpc:Vpc": restResource(api, {
      inputs: z.object({ name: z.string().min(1), region, description: z.string().max(255).optional(), ipRange: z.cidrv4().optional() }),
      behaviour: { region: { replaces: true }, ipRange: { replaces: true }, description: { same: (a, b) => (a ?? "") === (b ?? "") } },
      path: "/v2/vpcs",
      envelope: "vpc",
      answer: z.object({
        id: z.string(), urn: z.string().optional(), name: z.string(), description: z.string().nullish(), region: z.string(), ip_range: z.string(),
        created_at: z.string().nullish(), default: z.boolean().nullish(),
      }),
      id: (vpc) => vpc.id,
      outputs: (vpc) => ({
        name: vpc.name, region: vpc.region, description: vpc.description ?? "", ipRange: vpc.ip_range,
        vpcUrn: vpc.urn ?? "", createdAt: vpc.created_at ?? "", default: vpc.default ?? false,
      }),
      computed: ["createdAt", "default", "ipRange", "vpcUrn"],
      createBody: ({ name, region: slug, description, ipRange }) => ({
        name, region: slug, ...(description === undefined ? {} : { description }), ...(ipRange === undefined ? {} : { ip_range: ipRange }),
      }),
      updateBody: ({ name, description }, old) => ({
        name, ...(description === undefined ? {} : { description }), default: old.outputs["default"] ?? false,
      }),
      readsAfterCreate: 1,
      readsAfterUpdate: 1,
      unset: { name: null, region: null, description: "", ipRange: null },
      deleteBeforeReplace: "named",
      deleteRetriesOn: 403,
    }),

    "digitalocean:index/tag:Tag": restResource(api, {
      inputs: z.object({ name: z.string().regex(/^[\w:-]{1,255}$/, "a tag holds letters, digits, ':', '-' and '_', at most 255") }),
      behaviour: { name: { replaces: true, same: sameIgnoringCase } },
      path: "/v2/tags",
      envelope: "tag",
      answer: z.object({ name: z.string(), resources: z.object({ count: z.number().default(0) }).catchall(z.unknown()).optional() }),
      id: (tag) => tag.name,
      outputs: (tag) => ({
        name: tag.name,
        totalResourceCount: tag.resources?.count ?? 0,
        dropletsCount: countOf(tag.resources?.["droplets"]),
        imagesCount: countOf(tag.resources?.["images"]),
        volumesCount: countOf(tag.resources?.["volumes"]),
        volumeSnapshotsCount: countOf(tag.resources?.["volume_snapshots"]),
        databasesCount: countOf(tag.resources?.["databases"]),
      }),
      computed: ["databasesCount", "dropletsCount", "imagesCount", "totalResourceCount", "volumeSnapshotsCount", "volumesCount"],
      createBody: ({ name }) => ({ name }),
      readsAfterCreate: 1,
      readsAfterUpdate: 0,
      unset: { name: null },
      deleteBeforeReplace: "named",
    }),

    "digitalocean:index/sshKey:SshKey": restResource(api, {
      inputs: z.object({ name: z.string().min(1), publicKey: z.string().min(1) }),
      behaviour: { publicKey: { replaces: true } },
      path: "/v2/account/keys",
      envelope: "ssh_key",
      answer: z.object({ id: z.number(), fingerprint: z.string(), public_key: z.string(), name: z.string() }),
      id: (key) => String(key.id),
      outputs: (key) => ({ name: key.name, publicKey: key.public_key, fingerprint: key.fingerprint }),
      computed: ["fingerprint"],
      createBody: ({ name, publicKey }) => ({ name, public_key: publicKey }),
      updateBody: ({ name }) => ({ name }),
      readsAfterCreate: 2,
      readsAfterUpdate: 1,
      unset: { name: null, publicKey: null },
      deleteBeforeReplace: "named",
    }),

    "digitalocean:index/spacesKey:SpacesKey": restResource(api, {
      inputs: z.object({
        name: z.string().min(1),
        grants: z.array(z.object({ bucket: z.string(), permission: z.enum(["read", "readwrite", "fullaccess"]) })).optional(),
      }),
      behaviour: { grants: { same: equalSets } },
      path: "/v2/spaces/keys",
      envelope: "key",
      answer: z.object({
        name: z.string(), access_key: z.string(), secret_key: z.string().optional(), created_at: z.string().nullish(),
        grants: z.array(z.object({ bucket: z.string(), permission: z.string() })).nullish(),
      }),
      id: (key) => key.access_key,
      outputs: (key) => ({
        name: key.name, accessKey: key.access_key, createdAt: key.created_at ?? "", grants: key.grants ?? [],
        ...(key.secret_key === undefined ? {} : { secretKey: key.secret_key }),
      }),
      computed: ["accessKey", "createdAt", "secretKey"],
      secretOutputs: ["secretKey"],
      createBody: ({ name, grants }) => ({ name, grants: grants ?? [] }),
      updateBody: ({ name, grants }) => ({ name, grants: grants ?? [] }),
      readsAfterCreate: 0,
      readsAfterUpdate: 0,
      unset: { name: null, grants: [] },
      deleteBeforeReplace: "never",
    }),
  };
}

function sameIgnoringCase(a: unknown, b: unknown): boolean {
  return String(a).toLowerCase() === String(b).toLowerCase();
}

function countOf(counter: unknown): number {
  return z.object({ count: z.number() }).catch({ count: 0 }).parse(counter).count;
}
