import { ApiError } from "../../../../agents/api/error.ts";
import type { Condition, Entry, Operation, Outcome, Store } from "../../../../agents/etcd/store.ts";

/** An etcd cluster in memory; what the real one makes of the same is tests/agents/etcd. */
export class MemoryStore implements Store {
  private readonly entries = new Map<string, Entry & { lease: string | null }>();
  private readonly leases = new Set<string>();
  private revision = 1;
  /** No quorum. */
  away = false;

  async transact(conditions: readonly Condition[], operations: readonly Operation[]): Promise<Outcome> {
    await this.reached();
    if (!conditions.every((condition) => this.holds(condition))) return { done: false, revision: String(this.revision), found: [] };
    if (operations.some(({ kind }) => kind === "put" || kind === "remove")) this.revision += 1;
    const found = operations.map((operation) => this.carryOut(operation));
    return { done: true, revision: String(this.revision), found };
  }

  async grant(): Promise<string> {
    await this.reached();
    const lease = String(1000 + this.leases.size);
    this.leases.add(lease);
    return lease;
  }

  async keepAlive(lease: string): Promise<boolean> {
    await this.reached();
    return this.leases.has(lease);
  }

  async revoke(lease: string): Promise<void> {
    await this.reached();
    this.expire(lease);
  }

  /** Without anybody's leave: as when nobody renews it. */
  expire(lease: string): void {
    this.leases.delete(lease);
    for (const [key, entry] of this.entries) if (entry.lease === lease) this.entries.delete(key);
  }

  /** What others write. */
  async put(key: string, value: unknown): Promise<void> {
    await this.transact([], [{ kind: "put", key, value: typeof value === "string" ? value : JSON.stringify(value) }]);
  }

  async remove(key: string): Promise<void> {
    await this.transact([], [{ kind: "remove", key }]);
  }

  keysBelow(prefix: string): string[] {
    return [...this.entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  private async reached(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.away) throw new ApiError("etcdserver: request timed out");
  }

  private holds(condition: Condition): boolean {
    switch (condition.kind) {
      case "absent": return !this.entries.has(condition.key);
      case "unchanged": return this.entries.get(condition.key)?.revision === condition.revision;
      case "quiet": return this.keysBelow(condition.prefix).every((key) => BigInt(this.entries.get(key)?.revision ?? "0") <= BigInt(condition.revision));
    }
  }

  private carryOut(operation: Operation): Entry[] {
    const get = (key: string): Entry[] => {
      const entry = this.entries.get(key);
      return entry === undefined ? [] : [{ key, value: entry.value, revision: entry.revision }];
    };
    switch (operation.kind) {
      case "get": return get(operation.key);
      case "list": return this.keysBelow(operation.prefix).flatMap(get);
      case "put":
        this.entries.set(operation.key, { key: operation.key, value: operation.value, revision: String(this.revision), lease: operation.lease ?? null });
        return [];
      case "remove":
        this.entries.delete(operation.key);
        return [];
    }
  }
}
