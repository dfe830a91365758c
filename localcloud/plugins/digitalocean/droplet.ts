import { createHash } from "node:crypto";
import { z } from "zod";
import { defineResource, InitFailed, type InputBehaviour, type Operation, type ResourceType, type Stored } from "../core/resource.ts";
import { equalSets, type Json, type JsonObject } from "../core/values.ts";
import { type Api, isNotFound } from "./api.ts";
import { drifted, imported, type Unset } from "./drift.ts";
import { act, deleteDroplet, type Droplet, fetchDroplet, postDroplet, retag, waitForAction, waitForDroplet, waitUntilGone } from "./dropletActions.ts";
import { toJson } from "./restResource.ts";

const strings = z.array(z.string());
const inputs = z.object({
  name: z.string().regex(/^[a-zA-Z0-9.-]+$/, "only valid hostname characters are allowed (a-z, A-Z, 0-9, . and -)"),
  image: z.string().min(1),
  size: z.string().min(1),
  region: z.string().optional(),
  sshKeys: strings.optional(),
  tags: strings.optional(),
  userData: z.string().max(64 * 1024, "DigitalOcean takes 64 KiB of user-data at most").optional(),
  vpcUuid: z.string().optional(),
  publicNetworking: z.boolean().optional(),
  privateNetworking: z.boolean().optional(),
  monitoring: z.boolean().optional(),
  dropletAgent: z.boolean().optional(),
  ipv6: z.boolean().optional(),
  ipv6Address: z.string().optional(),
  backups: z.boolean().optional(),
  backupPolicy: z.object({ plan: z.string().optional(), weekday: z.string().optional(), hour: z.int().optional() }).optional(),
  gracefulShutdown: z.boolean().optional(),
  resizeDisk: z.boolean().optional(),
  volumeIds: strings.optional(),
});
type Inputs = z.infer<typeof inputs>;
const partialInputs = inputs.partial();

const off: InputBehaviour = { default: false };
const sameSlug = (a: Json | undefined, b: Json | undefined): boolean => String(a ?? "").toLowerCase() === String(b ?? "").toLowerCase();
const sameTags = (a: Json | undefined, b: Json | undefined): boolean => {
  const lower = (tags: Json | undefined): Json => (Array.isArray(tags) ? tags.map((tag) => String(tag).toLowerCase()) : []);
  return equalSets(lower(a), lower(b));
};
const behaviour: Partial<Record<keyof Inputs, InputBehaviour>> = {
  backups: off,
  dropletAgent: { replaces: true },
  gracefulShutdown: off,
  image: { replaces: true },
  // It can be switched on, but never off.
  ipv6: { default: false, replaces: (old, next) => old === true && next !== true },
  monitoring: { ...off, replaces: true },
  publicNetworking: { replaces: true },
  region: { replaces: true, same: sameSlug },
  resizeDisk: { default: true },
  size: { same: sameSlug },
  sshKeys: { replaces: true, same: equalSets },
  tags: { same: sameTags },
  userData: { replaces: true },
  volumeIds: { same: equalSets },
  vpcUuid: { replaces: true },
};

const unset: Unset = {
  name: null, size: null, region: null, vpcUuid: null, publicNetworking: null, privateNetworking: null, monitoring: false, backups: false, ipv6: false, tags: [],
};

/** The official plugin's limits: an hour to make or change one, a minute to delete it. */
const limits = { create: 3_600_000, update: 3_600_000, delete: 60_000 } as const;

export function dropletResource(api: () => Api): ResourceType {
  return defineResource({
    inputs,
    behaviour,
    autoNamed: true,
    deleteBeforeReplace: "named",
    computed: [
      "createdAt", "disk", "dropletUrn", "ipv4Address", "ipv4AddressPrivate", "ipv6Address", "locked", "memory", "priceHourly", "priceMonthly", "privateNetworking",
      "publicNetworking", "region", "status", "vcpus", "volumeIds", "vpcUuid",
    ],
    changedByUpdate: [],
    async create(given, operation) {
      const cloud = api();
      const id = String((await postDroplet(cloud, createBody(given), operation)).id);
      try {
        const made = await waitForDroplet(cloud, id, "to become active", operation.timeoutMs ?? limits.create, operation, isActive);
        return { id, outputs: outputsOf(made, toJson(given)) };
      } catch (error) {
        throw new InitFailed(id, outputsOf(null, toJson(given)), error instanceof Error ? error.message : String(error));
      }
    },
    async read(id, stored, operation) {
      try {
        const found = await fetchDroplet(api(), id, operation);
        return { inputs: refreshedInputs(found, stored), outputs: { ...stored.outputs, ...outputsOf(found, stored.inputs) } };
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    async update(id, old, next, operation) {
      await change(api(), id, partialInputs.parse(old.inputs), next, operation);
      return outputsOf(await fetchDroplet(api(), id, operation), toJson(next));
    },
    async delete(id, stored, operation) {
      const cloud = api();
      const timeout = operation.timeoutMs ?? limits.delete;
      try {
        // Like the official plugin, which first waits for a pending action.
        const found = await fetchDroplet(cloud, id, operation);
        if (found.locked) await waitForDroplet(cloud, id, "to be unlocked", timeout, operation, (seen) => !seen.locked);
        if (stored.inputs["gracefulShutdown"] === true) {
          await act(cloud, id, operation, { type: "shutdown" });
          await waitForDroplet(cloud, id, "to shut down", timeout, operation, (seen) => seen.status === "off");
        }
        await deleteDroplet(cloud, id, operation);
      } catch (error) {
        if (isNotFound(error)) return;
        throw error;
      }
      await waitUntilGone(cloud, id, timeout, operation);
    },
  });
}

function isActive(found: Droplet): boolean {
  if (found.status === "active") return true;
  if (found.status === "new") return false;
  throw new Error(`droplet ${found.id} came to state '${found.status}', wanted 'active'. What it printed: localcloud console ${found.name}`);
}

/** Field for field what the official plugin sends; `image` and ssh keys are numbers when they are ids. */
function createBody(given: Inputs): JsonObject {
  const numberOrText = (text: string): Json => (/^\d+$/.test(text) ? Number(text) : text);
  const policy = given.backupPolicy;
  return {
    name: given.name,
    region: given.region ?? "",
    size: given.size,
    image: numberOrText(given.image),
    ssh_keys: given.sshKeys && given.sshKeys.length > 0 ? given.sshKeys.map(numberOrText) : null,
    backups: given.backups ?? false,
    ...(policy ? { backup_policy: toJson(policy) } : {}),
    ipv6: given.ipv6 ?? false,
    private_networking: given.privateNetworking ?? false,
    monitoring: given.monitoring ?? false,
    ...(given.userData ? { user_data: given.userData } : {}),
    ...(given.volumeIds && given.volumeIds.length > 0 ? { volumes: given.volumeIds.map((id) => ({ id })) } : {}),
    tags: given.tags ?? [],
    ...(given.vpcUuid ? { vpc_uuid: given.vpcUuid } : {}),
    ...(given.dropletAgent === undefined ? {} : { with_droplet_agent: given.dropletAgent }),
    ...(given.publicNetworking === undefined ? {} : { public_networking: given.publicNetworking }),
  };
}

async function change(cloud: Api, id: string, old: z.infer<typeof partialInputs>, next: Inputs, operation: Operation): Promise<void> {
  const timeout = operation.timeoutMs ?? limits.update;
  const wait = async (what: string, ready: (found: Droplet) => boolean): Promise<Droplet> => waitForDroplet(cloud, id, what, timeout, operation, ready);
  if (old.size !== next.size) {
    await act(cloud, id, operation, { type: "power_off" });
    await wait("to power off", (found) => found.status === "off");
    try {
      const resize = await act(cloud, id, operation, { type: "resize", size: next.size, disk: next.resizeDisk ?? true });
      await waitForAction(cloud, `/v2/actions/${resize}`, `the resize of droplet ${id}`, timeout, operation);
    } finally {
      // Also after a failed resize: a site with one machine off is worse than one of the wrong size.
      await act(cloud, id, operation, { type: "power_on" });
      await wait("to power on", (found) => found.status === "active");
    }
  }
  const renamed = old.name !== next.name;
  if (renamed) {
    await act(cloud, id, operation, { type: "rename", name: next.name });
    await wait("to be renamed", (found) => found.name === next.name);
  }
  if ((old.backups ?? false) !== (next.backups ?? false)) {
    const backups = await act(cloud, id, operation, { type: next.backups ? "enable_backups" : "disable_backups" });
    await waitForAction(cloud, `/v2/actions/${backups}`, `the change of droplet ${id}'s backups`, timeout, operation);
  }
  // Seen in the official plugin: a rename in the same update swallows this, and a refresh shows it again.
  if (!renamed && next.ipv6 === true && old.ipv6 !== true) {
    await act(cloud, id, operation, { type: "enable_ipv6" });
    await wait("to get its IPv6 address", (found) => found.features?.includes("ipv6") ?? false);
  }
  if (!sameTags(old.tags ?? [], next.tags ?? [])) await retag(cloud, id, old.tags ?? [], next.tags ?? [], operation);
}

function outputsOf(found: Droplet | null, given: JsonObject): JsonObject {
  const userData = given["userData"];
  const own = { ...given, ...(typeof userData === "string" ? { userData: createHash("sha1").update(userData).digest("hex") } : {}) };
  if (!found) return own;
  const v4 = (type: string): string => found.networks.v4?.find((network) => network.type === type)?.ip_address ?? "";
  const v6 = found.networks.v6?.find((network) => network.type === "public")?.ip_address;
  const has = (feature: string): boolean => found.features?.includes(feature) ?? false;
  return {
    ...own,
    name: found.name,
    region: found.region.slug,
    size: found.size.slug,
    priceMonthly: found.size.price_monthly ?? 0,
    priceHourly: found.size.price_hourly ?? 0,
    memory: found.memory ?? 0,
    vcpus: found.vcpus ?? 0,
    disk: found.disk ?? 0,
    status: found.status,
    locked: found.locked,
    createdAt: found.created_at ?? "",
    dropletUrn: `do:droplet:${found.id}`,
    ipv4Address: v4("public"),
    ipv4AddressPrivate: v4("private"),
    ipv6Address: v6 ?? "",
    publicNetworking: v4("public") !== "",
    privateNetworking: v4("private") !== "",
    vpcUuid: found.vpc_uuid ?? null,
    volumeIds: found.volume_ids ?? [],
    tags: found.tags ?? [],
    // An answer without `features` says nothing about them.
    ...(found.features ? { monitoring: has("monitoring"), backups: has("backups"), ipv6: has("ipv6") } : {}),
  };
}

function refreshedInputs(found: Droplet, stored: Stored): JsonObject {
  const now = outputsOf(found, {});
  if (Object.keys(stored.inputs).length === 0) return imported(now, unset);
  return drifted(stored.inputs, now, unset, behaviour as Record<string, InputBehaviour>);
}
