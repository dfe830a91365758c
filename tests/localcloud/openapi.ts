import { readFileSync } from "node:fs";
import { join } from "node:path";
import addFormats from "ajv-formats";
import { Ajv2019, type ValidateFunction } from "ajv/dist/2019.js";
import { bodySchema, type Json, type Schema } from "./openapiSchema.ts";

/**
 * Holds answers to a published OpenAPI description, strictly: the status must be described, required fields be there, types
 * and formats right, and no field may be there that the description does not know.
 */
export interface Exchange {
  method: string;
  /** Without the query. */
  path: string;
  status: number;
  contentType: string | null;
  headers: Headers;
  /** Parsed; undefined when the answer has no body. */
  body: unknown;
}

interface Operation {
  responses: Record<string, Schema>;
  security?: { bearer_auth?: string[] }[];
}

export interface DescribedOperation {
  method: string;
  path: string;
  scopes: string[];
}

/** Fields that the real API answers and its description forgets or misspells: by operation, or `*` for all. */
export type KnownGaps = Record<string, string[]>;

export class Contract {
  readonly #document: Json;
  readonly #gaps: KnownGaps;
  readonly #ajv = addFormats.default(new Ajv2019({ strict: false, allErrors: true, unicodeRegExp: false }));
  readonly #validators = new Map<string, ValidateFunction | null>();

  constructor(document: Json, gaps: KnownGaps) {
    this.#document = document;
    this.#gaps = gaps;
  }

  operations(): DescribedOperation[] {
    return Object.entries(this.#document["paths"] as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
      Object.entries(item).filter(([method]) => method !== "parameters").map(([method, operation]) => ({
        method: method.toUpperCase(), path, scopes: operation.security?.[0]?.bearer_auth ?? [],
      })));
  }

  /** What is wrong with the answer; empty when nothing is. Paths that the description does not have are wrong, too. */
  check(exchange: Exchange): string[] {
    const method = exchange.method === "HEAD" ? "GET" : exchange.method;
    const found = this.#find(method, exchange.path);
    if (found === null) return [`the description has no ${exchange.method} ${exchange.path}`];
    const described = found.operation.responses[String(exchange.status)] ?? found.operation.responses["default"];
    if (described === undefined) return [`the description has no status ${exchange.status} for ${found.name}`];
    const validate = this.#validator(`${found.name} ${exchange.status}`, described, found.name);
    if (exchange.method === "HEAD") return exchange.body === undefined ? [] : ["an answer to HEAD has a body"];
    if (validate === null) return exchange.body === undefined ? [] : [`${found.name} ${exchange.status} has a body, but none is described`];
    if (exchange.body === undefined) return [`${found.name} ${exchange.status} has no body`];
    if (exchange.contentType?.startsWith("application/json") !== true) return [`the content type is ${String(exchange.contentType)}`];
    if (validate(exchange.body)) return [];
    return (validate.errors ?? []).map((error) =>
      `${found.name} ${exchange.status}: ${error.instancePath || "/"} ${error.message ?? ""} ${JSON.stringify(error.params)}`);
  }

  #find(method: string, path: string): { name: string; operation: Operation } | null {
    const segments = path.split("/");
    const candidates = Object.entries(this.#document["paths"] as Record<string, Record<string, Operation>>)
      .filter(([template]) => {
        const wanted = template.split("/");
        return wanted.length === segments.length && wanted.every((part, index) => part.startsWith("{") || part === segments[index]);
      })
      .sort(([a], [b]) => a.split("{").length - b.split("{").length);
    const [template, item] = candidates[0] ?? [];
    const operation = item?.[method.toLowerCase()];
    return template === undefined || operation === undefined ? null : { name: `${method} ${template}`, operation };
  }

  #validator(key: string, response: Schema, operation: string): ValidateFunction | null {
    const known = this.#validators.get(key);
    if (known !== undefined) return known;
    const schema = bodySchema(this.#document, response, [...(this.#gaps["*"] ?? []), ...(this.#gaps[operation] ?? [])]);
    const validate = schema === null ? null : this.#ajv.compile(schema);
    this.#validators.set(key, validate);
    return validate;
  }
}

export function digitalOceanContract(): Contract {
  const file = join(import.meta.dirname, "../fixtures/digitalocean/openapi.json");
  return new Contract(JSON.parse(readFileSync(file, "utf8")) as Json, {
    // The description says `imgages`.
    "GET /v2/tags": ["images"],
    "POST /v2/tags": ["images"],
    "GET /v2/tags/{tag_id}": ["images"],
    // The description says `keys`, of one key; the provider reads `key`.
    "GET /v2/spaces/keys/{access_key}": ["key"],
  });
}
