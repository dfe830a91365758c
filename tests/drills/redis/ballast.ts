import { randomBytes } from "node:crypto";
import type { Cluster } from "ioredis";

const valueBytes = 256 * 1024;
const atOnce = 8;

/** Large values that fill one master, counted so that none goes missing unseen. */
export class Ballast {
  readonly #cluster: Cluster;
  readonly #keys: string[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Until the first one is refused, or there are so many bytes; answers the error's words, or null. */
  async fill(nextKey: () => string, bytes: number): Promise<string | null> {
    // What does not shrink when it is written to disk.
    const value = randomBytes(valueBytes);
    for (let written = 0; written < bytes; written += atOnce * valueBytes) {
      const results = await Promise.all(Array.from({ length: atOnce }, async () => {
        const key = nextKey();
        try {
          await this.#cluster.set(key, value);
          this.#keys.push(key);
          return null;
        } catch (error) {
          return error instanceof Error ? error.message : String(error);
        }
      }));
      const refused = results.find((result) => result !== null);
      if (refused !== undefined) return refused;
    }
    return null;
  }

  get count(): number {
    return this.#keys.length;
  }

  async missing(): Promise<number> {
    const lengths = await Promise.all(this.#keys.map(async (key) => this.#cluster.strlen(key).catch(() => -1)));
    return lengths.filter((length) => length !== valueBytes).length;
  }

  async empty(): Promise<number> {
    const keys = this.#keys.splice(0);
    await Promise.all(keys.map(async (key) => this.#cluster.unlink(key)));
    return keys.length;
  }
}
