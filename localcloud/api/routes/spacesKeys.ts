import { randomBytes } from "node:crypto";
import { z } from "zod";
import { timestamp } from "../clock.ts";
import type { Cloud } from "../cloud.ts";
import { badRequest, notFound, unprocessable } from "../http/errors.ts";
import { paginate } from "../http/pagination.ts";
import { param, route, routeWithBody, type Call, type Route } from "../http/route.ts";
import { grantSchema, type SpacesKey } from "../state/schema.ts";

/** Of the real API: https://docs.digitalocean.com/products/spaces/details/limits/ */
const maxKeys = 200;

const grant = z.strictObject({ bucket: z.string().nullish(), permission: grantSchema.shape.permission })
  .transform((input) => ({ bucket: input.bucket ?? "", permission: input.permission }));
const keySchema = z.strictObject({ name: z.string().min(1).max(255), grants: z.array(grant).nullish() });
const patchSchema = keySchema.partial();

export type SpacesKeyInput = z.input<typeof keySchema>;

export function spacesKeyRoutes(cloud: Cloud): Route[] {
  const { state } = cloud;
  const one = "/v2/spaces/keys/{access_key}";
  const find = (call: Call<unknown>): SpacesKey => {
    const key = state.spacesKeys.find((candidate) => candidate.accessKey === param(call, "access_key"));
    if (key === undefined) throw notFound();
    return key;
  };
  const update = async (call: Call<z.output<typeof patchSchema>>): Promise<SpacesKey> => {
    const key = find(call);
    key.grants = checkGrants(call.body.grants ?? key.grants);
    key.name = call.body.name ?? key.name;
    await applySpacesKeys(cloud);
    return key;
  };
  return [
    route({ method: "GET", path: "/v2/spaces/keys", scopes: ["spaces_key:read"] }, (call) => ({
      status: 200,
      body: paginate("keys", matching(state.spacesKeys, call.query), view, call),
    })),
    routeWithBody({ method: "POST", path: "/v2/spaces/keys", scopes: ["spaces_key:create_credentials"], body: keySchema }, async ({ body }) => {
      const key = await createSpacesKey(cloud, body);
      return { status: 201, body: { key: { ...view(key), secret_key: key.secretKey } } };
    }),
    route({ method: "GET", path: one, scopes: ["spaces_key:read"] }, (call) => ({ status: 200, body: { key: view(find(call)) } })),
    routeWithBody({ method: "PUT", path: one, scopes: ["spaces_key:update"], body: keySchema }, async (call) => ({
      status: 200, body: { key: view(await update({ ...call, body: { ...call.body, grants: call.body.grants ?? [] } })) },
    })),
    routeWithBody({ method: "PATCH", path: one, scopes: ["spaces_key:update"], body: patchSchema }, async (call) => ({
      status: 200, body: { key: view(await update(call)) },
    })),
    route({ method: "DELETE", path: one, scopes: ["spaces_key:delete"] }, async (call) => {
      state.spacesKeys.splice(state.spacesKeys.indexOf(find(call)), 1);
      await applySpacesKeys(cloud);
      return { status: 204 };
    }),
  ];
}

/** Resolves once the object storage accepts the key. */
export async function createSpacesKey(cloud: Cloud, input: z.output<typeof keySchema>): Promise<SpacesKey> {
  const { state } = cloud;
  if (state.spacesKeys.length >= maxKeys) throw unprocessable(`An account has at most ${maxKeys} Spaces keys.`);
  const key: SpacesKey = {
    name: input.name,
    accessKey: `DO00${randomBytes(8).toString("hex").toUpperCase()}`,
    secretKey: randomBytes(32).toString("base64").replace(/[^A-Za-z0-9]/g, "x").slice(0, 43),
    grants: checkGrants(input.grants ?? []),
    createdAt: cloud.clock.now(),
  };
  state.spacesKeys.push(key);
  await applySpacesKeys(cloud);
  return key;
}

export async function applySpacesKeys(cloud: Cloud): Promise<void> {
  await cloud.datacenter.storage.setKeys(cloud.state.spacesKeys.map(({ accessKey, secretKey, grants }) => ({ accessKey, secretKey, grants })));
}

function checkGrants(grants: SpacesKey["grants"]): SpacesKey["grants"] {
  const full = grants.some((each) => each.permission === "fullaccess");
  if (full && grants.some((each) => each.permission !== "fullaccess")) {
    throw badRequest("cannot mix fullaccess permission with scoped permissions.");
  }
  for (const [index, each] of grants.entries()) {
    if (each.permission === "fullaccess" && each.bucket !== "") {
      throw badRequest(`grants.${index}: fullaccess is for all buckets: leave "bucket" empty.`);
    }
    if (each.permission !== "fullaccess" && each.bucket === "") {
      throw badRequest(`grants.${index}: "${each.permission}" needs a bucket.`);
    }
  }
  return grants;
}

function matching(keys: SpacesKey[], query: URLSearchParams): SpacesKey[] {
  const name = query.get("name");
  const bucket = query.get("bucket");
  const permission = query.get("permission");
  return keys
    .filter((key) => name === null || key.name === name)
    .filter((key) => bucket === null || key.grants.some((each) => each.bucket === bucket))
    .filter((key) => permission === null || key.grants.some((each) => each.permission === permission));
}

/** The secret is in the answer to the key's creation and never again. */
function view(key: SpacesKey): Record<string, unknown> {
  return { name: key.name, access_key: key.accessKey, grants: key.grants, created_at: timestamp(key.createdAt) };
}
