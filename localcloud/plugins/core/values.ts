/**
 * Property values as the engine sends them: JSON, with a few marks of Pulumi's own.
 * https://pulumi-developer-docs.readthedocs.io/latest/developer-docs/providers/implementers-guide.html
 */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject { [key: string]: Json }

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Stands for a value that is known only after other resources were made; seen in previews only. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function hasUnknown(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (isObject(value)) return Object.values(value).some(hasUnknown);
  return value === UNKNOWN;
}

/** A bag of properties without its marks, and what the marks said. */
export interface Revealed {
  values: JsonObject;
  /** Top-level properties that hold a secret somewhere. */
  secretKeys: ReadonlySet<string>;
  /** Every text that was inside a secret: never to be logged. */
  secretTexts: ReadonlySet<string>;
}

export function reveal(properties: JsonObject): Revealed {
  const secretKeys = new Set<string>();
  const secretTexts = new Set<string>();
  const values: JsonObject = {};
  for (const [key, value] of Object.entries(properties)) {
    values[key] = strip(value, false, (text) => {
      secretKeys.add(key);
      if (text !== undefined) secretTexts.add(text);
    });
  }
  return { values, secretKeys, secretTexts };
}

function strip(value: Json, secret: boolean, found: (text?: string) => void): Json {
  if (Array.isArray(value)) return value.map((item) => strip(item, secret, found));
  if (isObject(value)) {
    if (value[signatureKey] === secretSignature) {
      found();
      return strip(value["value"] ?? null, true, found);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, strip(item, secret, found)]));
  }
  if (secret && typeof value === "string" && value !== UNKNOWN) found(value);
  return value;
}

function markSecret(value: Json): JsonObject {
  return { [signatureKey]: secretSignature, value };
}

/** The reverse of `reveal`: whole top-level properties become secrets. */
export function conceal(values: JsonObject, secretKeys: Iterable<string>): JsonObject {
  const secret = new Set(secretKeys);
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, secret.has(key) ? markSecret(value) : value]));
}

/** Order of keys does not matter, and a missing key is the same as null. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => equal(a[key], b[key]));
}

/** The same members, in whatever order. */
export function equalSets(a: Json | undefined, b: Json | undefined): boolean {
  const left = Array.isArray(a) ? a : [];
  const right = Array.isArray(b) ? b : [];
  const covers = (one: Json[], other: Json[]): boolean => one.every((item) => other.some((candidate) => equal(item, candidate)));
  return left.length === right.length && covers(left, right) && covers(right, left);
}
