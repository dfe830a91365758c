import { isNativeError } from "node:util/types";
import { AwsClient } from "aws4fetch";
import * as z from "zod";
import { message } from "./errors.ts";

/** How a machine reads the private bucket; `/etc/quickcart/storage.json` holds it. */
export const storageSchema = z.object({
  /** Of the bucket, e.g. `https://quickcart-prod.fra1.digitaloceanspaces.com`. */
  url: z.url(),
  region: z.string().min(1),
  accessKey: z.string().min(1),
  secretKey: z.string().min(1),
});

export type Storage = z.infer<typeof storageSchema>;

export type Answer =
  | { kind: "unchanged" }
  | { kind: "missing" }
  | { kind: "found"; body: string; etag: string | null };

export class StorageError extends Error {
  override name = "StorageError";
}

/** A document is a few hundred bytes a machine; anything near this is not one. */
const documentLimit = 1024 * 1024;
const documentTimeoutMs = 5_000;

export class Bucket {
  private readonly client: AwsClient;
  private readonly url: string;

  constructor(storage: Storage) {
    this.client = new AwsClient({
      accessKeyId: storage.accessKey, secretAccessKey: storage.secretKey, region: storage.region, service: "s3",
    });
    this.url = storage.url.replace(/\/$/, "");
  }

  /** Conditional GET: `unchanged` when the object still has `etag`. */
  async read(key: string, etag: string | null): Promise<Answer> {
    const response = await this.get(key, AbortSignal.timeout(documentTimeoutMs), etag);
    if (response.status === 304) return { kind: "unchanged" };
    if (response.status === 404) return { kind: "missing" };
    const refusal = await refusalOf(response);
    // To those who may read but not list, S3 says so of what is not there. What was there once is another matter.
    if (refusal === "403 AccessDenied" && etag === null) return { kind: "missing" };
    this.expectOk(key, refusal);
    const chunks: Uint8Array[] = [];
    for await (const chunk of bounded(key, response, documentLimit)) chunks.push(chunk);
    return { kind: "found", body: Buffer.concat(chunks).toString("utf8"), etag: response.headers.get("etag") };
  }

  /** Streams an object of at most `limit` bytes, all of it within `timeoutMs`. */
  async *download(key: string, limit: number, timeoutMs: number): AsyncGenerator<Uint8Array> {
    const response = await this.get(key, AbortSignal.timeout(timeoutMs), null);
    this.expectOk(key, await refusalOf(response));
    try {
      yield* bounded(key, response, limit);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      // Cut half-way: "terminated" alone tells nobody what.
      throw new StorageError(`GET ${this.url}/${key}: ${reason(error)}`, { cause: error });
    }
  }

  private async get(key: string, signal: AbortSignal, etag: string | null): Promise<Response> {
    const headers: Record<string, string> = etag === null ? {} : { "if-none-match": etag };
    try {
      const signed = await this.client.sign(`${this.url}/${key}`, { headers });
      // To `fetch`, not into the request: that would forget the signal, and with it the limit, at a garbage collection.
      return await fetch(signed, { signal });
    } catch (error) {
      throw new StorageError(`GET ${this.url}/${key}: ${reason(error)}`, { cause: error });
    }
  }

  private expectOk(key: string, refusal: string | null): void {
    if (refusal !== null) throw new StorageError(`GET ${this.url}/${key}: ${refusal}`);
  }
}

/** Status and S3's own code, such as `403 AccessDenied`; null when there is nothing wrong. */
async function refusalOf(response: Response): Promise<string | null> {
  if (response.ok) return null;
  // S3 puts the cause into a short XML body.
  const text = await response.text().catch(() => "");
  return `${response.status} ${/<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? "no error code"}`;
}

async function* bounded(key: string, response: Response, limit: number): AsyncGenerator<Uint8Array> {
  if (response.body === null) throw new StorageError(`GET ${key}: an answer without a body`);
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > limit) throw new StorageError(`GET ${key}: larger than the ${limit} bytes allowed`);
    yield chunk;
  }
}

/** `fetch` hides what happened one level down. */
function reason(error: unknown): string {
  return isNativeError(error) && error.cause !== undefined ? `${error.message}: ${message(error.cause)}` : message(error);
}
