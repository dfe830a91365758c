import { z } from "zod";
import { defineResource, type InputBehaviour, type ResourceType } from "../core/resource.ts";
import { equal, type Json } from "../core/values.ts";
import { corsRule, parseCors, renderCors } from "./corsRules.ts";
import { toJson } from "./restResource.ts";
import { type Spaces, SpacesError } from "./spaces.ts";

const place = { bucket: z.string().min(1), region: z.string().min(1) };

/** Two spellings of one policy are one policy. */
function samePolicy(a: Json | undefined, b: Json | undefined): boolean {
  const parsed = (text: Json | undefined): Json => {
    try {
      return JSON.parse(String(text)) as Json;
    } catch {
      return text ?? null;
    }
  };
  return equal(parsed(a), parsed(b));
}

const policyInputs = z.object({ ...place, policy: z.string().min(2) });

export function bucketPolicyResource(spaces: () => Spaces): ResourceType {
  const query = { policy: "" };
  return defineResource({
    inputs: policyInputs,
    behaviour: { bucket: { replaces: true }, region: { replaces: true }, policy: { same: samePolicy } } satisfies Record<string, InputBehaviour>,
    async create({ bucket, region, policy }, operation) {
      await spaces().call("PUT", { bucket, region, key: "", query, body: policy, md5: true }, operation);
      const answer = await spaces().call("GET", { bucket, region, key: "", query }, operation);
      return { id: bucket, outputs: { bucket, region, policy: answer.body.toString("utf8") } };
    },
    async read(id, stored, operation) {
      const region = String(stored.outputs["region"] ?? stored.inputs["region"] ?? "");
      const base = { bucket: id, region, key: "" };
      let policy = "";
      try {
        policy = (await spaces().call("GET", { ...base, query }, operation)).body.toString("utf8");
      } catch (error) {
        // To the official plugin any error means that there is none.
        if (!(error instanceof SpacesError)) throw error;
        if (error.code === "NoSuchBucket") return null;
      }
      const inputs = { bucket: id, region, policy: samePolicy(stored.inputs["policy"], policy) ? (stored.inputs["policy"] ?? policy) : policy };
      return { inputs, outputs: { bucket: id, region, policy } };
    },
    async update(_id, _old, { bucket, region, policy }, operation) {
      await spaces().call("PUT", { bucket, region, key: "", query, body: policy, md5: true }, operation);
      const answer = await spaces().call("GET", { bucket, region, key: "", query }, operation);
      return { bucket, region, policy: answer.body.toString("utf8") };
    },
    async delete(id, stored, operation) {
      await spaces().call("DELETE", { bucket: id, region: String(stored.outputs["region"]), key: "", query }, operation);
    },
  });
}

export function bucketCorsResource(spaces: () => Spaces): ResourceType {
  const query = { cors: "" };
  const inputs = z.object({ ...place, corsRules: z.array(corsRule) });
  return defineResource({
    inputs,
    behaviour: { bucket: { replaces: true }, region: { replaces: true } },
    async create(given, operation) {
      const at = { bucket: given.bucket, region: given.region, key: "", query };
      await spaces().call("PUT", { ...at, body: renderCors(given.corsRules), md5: true }, operation);
      const answer = await spaces().call("GET", at, operation);
      return { id: given.bucket, outputs: { ...toJson(given), corsRules: parseCors(answer.body.toString("utf8")) as Json } };
    },
    async read(id, stored, operation) {
      const region = String(stored.outputs["region"] ?? stored.inputs["region"] ?? "");
      const answer = await spaces().call("GET", { bucket: id, region, key: "", query }, operation);
      const corsRules = parseCors(answer.body.toString("utf8")) as Json;
      return { inputs: { bucket: id, region, corsRules }, outputs: { bucket: id, region, corsRules } };
    },
    async update(_id, _old, next, operation) {
      const at = { bucket: next.bucket, region: next.region, key: "", query };
      await spaces().call("PUT", { ...at, body: renderCors(next.corsRules), md5: true }, operation);
      const answer = await spaces().call("GET", at, operation);
      return { ...toJson(next), corsRules: parseCors(answer.body.toString("utf8")) as Json };
    },
    async delete(id, stored, operation) {
      await spaces().call("DELETE", { bucket: id, region: String(stored.outputs["region"]), key: "", query }, operation);
    },
  });
}
