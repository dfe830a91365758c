import { createHash, randomBytes } from "node:crypto";
import { type ResourceType } from "./resource.ts";
import { hasUnknown, type Json, type JsonObject } from "./values.ts";

/** Which inputs were filled in and not given: kept in the state under the name that the official bridge uses too. */
export const defaultsKey = "__defaults";

export interface CheckFailure {
  /** Path of the property, e.g. `inboundRules[0].protocol`. */
  property: string;
  reason: string;
}

export interface AutoName {
  /** The resource's name in the program. */
  resource: string;
  /** The engine's, so that preview and update agree. Empty: none was sent. */
  seed: Uint8Array;
  /** As configured by `pulumi:autonaming`, null to leave it to the plugin. */
  proposed: string | null;
}

/** Validates a resource's new inputs, and says which to add because the program left them out. */
export function check(type: ResourceType, old: JsonObject, next: JsonObject, autoName: AutoName): { defaults: JsonObject; failures: CheckFailure[] } {
  const defaults: JsonObject = {};
  const wasDefault = Array.isArray(old[defaultsKey]) ? old[defaultsKey] : [];
  for (const [key, behaviour] of Object.entries(type.behaviour)) {
    if (behaviour.default !== undefined && next[key] === undefined) defaults[key] = behaviour.default;
  }
  if (type.autoNamed && next["name"] === undefined) {
    const kept = wasDefault.includes("name") ? old["name"] : undefined;
    defaults["name"] = kept ?? autoName.proposed ?? `${autoName.resource}-${randomTail(autoName.seed)}`;
  }
  const filled = { ...next, ...defaults };
  const failures = [
    ...Object.keys(next).filter((key) => !(key in type.shape) && !key.startsWith("__")).map((key) => ({
      property: key,
      reason: `'${key}' is not an input of this type of resource. Its inputs: ${Object.keys(type.shape).sort().join(", ")}.`,
    })),
    ...Object.entries(type.shape).flatMap(([key, schema]) => faults(key, filled[key], schema)),
  ];
  return { defaults, failures };
}

function faults(key: string, value: Json | undefined, schema: ResourceType["shape"][string]): CheckFailure[] {
  // Nothing can be said about a value that is not there yet; the update checks it again.
  if (hasUnknown(value)) return [];
  if (value === undefined && !schema.safeParse(undefined).success) {
    return [{ property: key, reason: `Missing required property '${key}'.` }];
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.map((issue) => {
    const path = [key, ...issue.path].map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`)).join("");
    return { property: path, reason: `'${path}': ${issue.message}.` };
  });
}

/** Seven hexadecimal digits, as the official plugins append. */
function randomTail(seed: Uint8Array): string {
  const source = seed.length > 0 ? createHash("sha256").update(seed).digest() : randomBytes(4);
  return source.toString("hex").slice(0, 7);
}
