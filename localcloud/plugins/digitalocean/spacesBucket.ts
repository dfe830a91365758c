import { z } from "zod";
import { defineResource, type InputBehaviour, InitFailed, type Operation, type ResourceType } from "../core/resource.ts";
import { equal, type Json, type JsonObject } from "../core/values.ts";
import { corsRule, renderCors } from "./corsRules.ts";
import { drifted, imported, type Unset } from "./drift.ts";
import { lifecycleRule, parseLifecycle, renderLifecycle } from "./lifecycleRules.ts";
import { toJson } from "./restResource.ts";
import { type Spaces, SpacesError, type SpacesRequest } from "./spaces.ts";
import { deleteVersions, listVersions, type Place } from "./spacesVersions.ts";
import { findText, parseXml, renderXml, s3Namespace } from "./xml.ts";

const inputs = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "a bucket's name has 3 to 63 lower-case letters, digits and '-'"),
  region: z.string().optional(),
  acl: z.enum(["private", "public-read"]).optional(),
  corsRules: z.array(corsRule).optional(),
  forceDestroy: z.boolean().optional(),
  lifecycleRules: z.array(lifecycleRule).optional(),
  versioning: z.object({ enabled: z.boolean().optional() }).optional(),
});
type Inputs = z.infer<typeof inputs>;

const enabled = (versioning: Json | undefined): boolean => equal(versioning ?? null, { enabled: true });
const behaviour: Partial<Record<keyof Inputs, InputBehaviour>> = {
  acl: { default: "private" },
  forceDestroy: { default: false },
  name: { replaces: true },
  region: { replaces: true, default: "nyc3", same: (a, b) => String(a).toLowerCase() === String(b).toLowerCase() },
  versioning: { same: (a, b) => enabled(a) === enabled(b) },
};
const unset: Unset = { name: null, region: "nyc3", versioning: { enabled: false }, lifecycleRules: [] };

export function bucketResource(spaces: () => Spaces): ResourceType {
  const placeOf = (given: Pick<Inputs, "name" | "region">): Place => ({ bucket: given.name, region: given.region ?? "nyc3" });

  async function put(place: Place, operation: Operation, request: Omit<SpacesRequest, "region" | "bucket" | "key">): Promise<void> {
    await spaces().call("PUT", { ...place, key: "", md5: true, ...request }, operation);
  }

  async function putVersioning(place: Place, on: boolean, operation: Operation): Promise<void> {
    const body = renderXml(["VersioningConfiguration", [["Status", on ? "Enabled" : "Suspended"]]], s3Namespace);
    await put(place, operation, { query: { versioning: "" }, body });
  }

  async function putLifecycle(place: Place, rules: Inputs["lifecycleRules"], operation: Operation): Promise<void> {
    if (rules && rules.length > 0) await put(place, operation, { query: { lifecycle: "" }, body: renderLifecycle(rules) });
    else await spaces().call("DELETE", { ...place, key: "", query: { lifecycle: "" } }, operation);
  }

  async function read(place: Place, operation: Operation): Promise<JsonObject> {
    const get = async (query: string): Promise<string> => (await spaces().call("GET", { ...place, key: "", query: { [query]: "" } }, operation)).body.toString("utf8");
    await spaces().call("HEAD", { ...place, key: "" }, operation);
    const location = await spaces().call("GET", { ...place, key: null, query: { location: "" } }, operation);
    const region = findText(parseXml(location.body.toString("utf8")), "LocationConstraint") || place.region;
    const versioning = findText(parseXml(await get("versioning")), "Status");
    let lifecycleRules: Json = [];
    try {
      lifecycleRules = parseLifecycle(await get("lifecycle")) as Json;
    } catch (error) {
      if (!(error instanceof SpacesError && error.code === "NoSuchLifecycleConfiguration")) throw error;
    }
    return {
      name: place.bucket,
      region,
      versioning: { enabled: versioning === "Enabled" },
      lifecycleRules,
      bucketUrn: `do:space:${place.bucket}`,
      bucketDomainName: `${place.bucket}.${region}.digitaloceanspaces.com`,
      endpoint: `${region}.digitaloceanspaces.com`,
    };
  }

  async function fill(place: Place, given: Inputs, operation: Operation): Promise<JsonObject> {
    await spaces().call("HEAD", { ...place, key: "" }, operation);
    await put(place, operation, { query: { acl: "" }, headers: { "x-amz-acl": given.acl ?? "private" } });
    if (given.corsRules && given.corsRules.length > 0) await put(place, operation, { query: { cors: "" }, body: renderCors(given.corsRules) });
    if (given.versioning?.enabled) await putVersioning(place, true, operation);
    if (given.lifecycleRules && given.lifecycleRules.length > 0) await putLifecycle(place, given.lifecycleRules, operation);
    return read(place, operation);
  }

  return defineResource({
    inputs,
    behaviour,
    autoNamed: true,
    deleteBeforeReplace: "named",
    computed: ["bucketDomainName", "bucketUrn", "endpoint"],
    async create(given, operation) {
      const place = placeOf(given);
      await spaces().call("PUT", { ...place, key: "", headers: { "x-amz-acl": given.acl ?? "private" } }, operation);
      try {
        return { id: given.name, outputs: { ...(await fill(place, given, operation)), ...toJson(given) } };
      } catch (error) {
        throw new InitFailed(given.name, toJson(given), error instanceof Error ? error.message : String(error));
      }
    },
    async read(id, stored, operation) {
      const region = stored.outputs["region"] ?? stored.inputs["region"];
      try {
        const found = await read({ bucket: id, region: typeof region === "string" ? region : "nyc3" }, operation);
        const known = Object.keys(stored.inputs).length > 0;
        const next = known ? drifted(stored.inputs, found, unset, behaviour as Record<string, InputBehaviour>) : imported(found, unset);
        return { inputs: next, outputs: { ...stored.outputs, ...found } };
      } catch (error) {
        if (error instanceof SpacesError && error.status === 404 && error.message.startsWith("HEAD")) return null;
        throw error;
      }
    },
    async update(_id, old, next, operation) {
      const place = placeOf(next);
      const changed = (key: keyof Inputs): boolean => !equal(old.inputs[key], toJson(next)[key]);
      if (changed("acl")) await put(place, operation, { query: { acl: "" }, headers: { "x-amz-acl": next.acl ?? "private" } });
      if (changed("corsRules")) {
        if (next.corsRules && next.corsRules.length > 0) await put(place, operation, { query: { cors: "" }, body: renderCors(next.corsRules) });
        else await spaces().call("DELETE", { ...place, key: "", query: { cors: "" } }, operation);
      }
      if (changed("versioning")) await putVersioning(place, next.versioning?.enabled ?? false, operation);
      if (changed("lifecycleRules")) await putLifecycle(place, next.lifecycleRules, operation);
      return { ...(await read(place, operation)), ...toJson(next) };
    },
    async delete(id, stored, operation) {
      const place = placeOf({ ...inputs.partial().parse(stored.inputs), name: id });
      const remove = async (): Promise<unknown> => spaces().call("DELETE", { ...place, key: "" }, operation);
      try {
        await remove();
      } catch (error) {
        const full = error instanceof SpacesError && error.code === "BucketNotEmpty";
        if (!full) throw error;
        if (stored.inputs["forceDestroy"] !== true) throw new Error(`bucket '${id}' is not empty. Empty it, or set forceDestroy and update first (${error.message})`, { cause: error });
        await deleteVersions(spaces(), place, await listVersions(spaces(), place, undefined, operation), operation);
        await remove();
      }
    },
  });
}
