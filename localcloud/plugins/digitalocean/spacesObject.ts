import { readFile } from "node:fs/promises";
import { z } from "zod";
import { defineResource, type InputBehaviour, type Operation, type ResourceType } from "../core/resource.ts";
import { type JsonObject } from "../core/values.ts";
import { toJson } from "./restResource.ts";
import { type Spaces, SpacesError } from "./spaces.ts";
import { listVersions } from "./spacesVersions.ts";

const inputs = z.object({
  bucket: z.string().min(1),
  key: z.string().min(1),
  region: z.string().min(1),
  acl: z.enum(["private", "public-read"]).optional(),
  cacheControl: z.string().optional(),
  content: z.string().optional(),
  contentBase64: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentEncoding: z.string().optional(),
  contentLanguage: z.string().optional(),
  contentType: z.string().optional(),
  etag: z.string().optional(),
  forceDestroy: z.boolean().optional(),
  metadata: z.record(z.string().regex(/^[a-z0-9-]+$/, "names of metadata are lower-case"), z.string()).optional(),
  source: z.string().optional(),
  websiteRedirect: z.string().optional(),
});
type Inputs = z.infer<typeof inputs>;

const behaviour: Partial<Record<keyof Inputs, InputBehaviour>> = {
  acl: { default: "private" },
  bucket: { replaces: true },
  forceDestroy: { default: false },
  key: { replaces: true },
  region: { replaces: true },
};

const headerOf: [keyof Inputs, string][] = [
  ["cacheControl", "cache-control"], ["contentDisposition", "content-disposition"], ["contentEncoding", "content-encoding"], ["contentLanguage", "content-language"],
  ["contentType", "content-type"], ["websiteRedirect", "x-amz-website-redirect-location"],
];

export function objectResource(spaces: () => Spaces): ResourceType {
  async function put(given: Inputs, operation: Operation): Promise<void> {
    const headers = Object.fromEntries(headerOf.flatMap(([key, header]) => (typeof given[key] === "string" ? [[header, given[key]]] : [])));
    const metadata = Object.fromEntries(Object.entries(given.metadata ?? {}).map(([key, value]) => [`x-amz-meta-${key}`, value]));
    await spaces().call("PUT", {
      bucket: given.bucket, region: given.region, key: given.key, md5: true, body: await contentOf(given),
      headers: { ...headers, ...metadata, "x-amz-acl": given.acl ?? "private" },
    }, operation);
  }

  async function head(place: { bucket: string; region: string; key: string }, operation: Operation): Promise<JsonObject> {
    const { headers } = await spaces().call("HEAD", place, operation);
    const metadata = Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (name.startsWith("x-amz-meta-") ? [[name.slice(11), value]] : [])));
    return {
      ...place,
      contentType: headers["content-type"] ?? "",
      etag: (headers["etag"] ?? "").replaceAll('"', ""),
      versionId: headers["x-amz-version-id"] ?? "",
      ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    };
  }

  const save = async (given: Inputs, operation: Operation): Promise<JsonObject> => {
    await put(given, operation);
    const { bucket, region, key } = given;
    return { ...toJson(given), ...(await head({ bucket, region, key }, operation)) };
  };

  return defineResource({
    inputs,
    behaviour,
    computed: ["contentType", "etag", "versionId"],
    changedByUpdate: ["etag", "versionId"],
    async create(given, operation) {
      return { id: given.key, outputs: await save(given, operation) };
    },
    async read(_id, stored, operation) {
      const { bucket, region, key } = inputs.pick({ bucket: true, region: true, key: true }).parse(stored.outputs);
      try {
        const found = await head({ bucket, region, key }, operation);
        const drift = Object.fromEntries(["contentType", "etag", "metadata"].flatMap((name) =>
          (stored.inputs[name] !== undefined && found[name] !== undefined ? [[name, found[name]]] : [])));
        return { inputs: { ...stored.inputs, ...drift }, outputs: { ...stored.outputs, ...found } };
      } catch (error) {
        if (error instanceof SpacesError && error.status === 404) return null;
        throw error;
      }
    },
    update: async (_id, _old, next, operation) => save(next, operation),
    async delete(_id, stored, operation) {
      const { bucket, region, key } = inputs.pick({ bucket: true, region: true, key: true }).parse(stored.outputs);
      if (!stored.outputs["versionId"]) {
        await spaces().call("DELETE", { bucket, region, key }, operation);
        return;
      }
      // Versions are deleted one by one, and looked for again: another may have come meanwhile.
      for (;;) {
        const versions = (await listVersions(spaces(), { bucket, region }, key, operation)).filter((version) => version.key === key);
        if (versions.length === 0) return;
        for (const { versionId } of versions) await spaces().call("DELETE", { bucket, region, key, query: { versionId } }, operation);
      }
    },
  });
}

async function contentOf({ source, content, contentBase64, key }: Inputs): Promise<Uint8Array> {
  const given = [source, content, contentBase64].filter((one) => one !== undefined);
  if (given.length > 1) throw new Error(`object '${key}': give one of source, content and contentBase64, not ${given.length}`);
  if (source !== undefined) return readFile(source);
  return contentBase64 === undefined ? Buffer.from(content ?? "") : Buffer.from(contentBase64, "base64");
}
