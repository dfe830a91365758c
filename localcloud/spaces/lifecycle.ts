import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../files.ts";

/** Rules are some hundred bytes. */
const bodyLimit = 64 * 1024;

const storedSchema = z.record(z.string(), z.string());

/** Buckets' lifecycle rules, which the S3 server behind does not know: kept and told, never carried out. A drill's days are too short for them. */
export class Lifecycle {
  readonly #path: string;
  readonly #rules: Map<string, string>;

  constructor(dir: string) {
    this.#path = join(dir, "lifecycle.json");
    this.#rules = new Map(Object.entries(read(this.#path)));
  }

  of(bucket: string): string | null {
    return this.#rules.get(bucket) ?? null;
  }

  /** @param body null: no rules any more */
  async set(bucket: string, body: string | null): Promise<void> {
    if (body === null) this.#rules.delete(bucket);
    else this.#rules.set(bucket, body);
    await writeFileAtomic(this.#path, JSON.stringify(Object.fromEntries(this.#rules)), 0o600);
  }
}

/** Passes a request's body on, and keeps what went by. */
export async function* kept(body: AsyncIterable<Uint8Array>, chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size <= bodyLimit) chunks.push(chunk);
    yield chunk;
  }
}

function read(path: string): Record<string, string> {
  try {
    return storedSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return {}; // none yet
  }
}
