import type * as z from "zod";
import { ApiClient, type ApiClientOptions } from "../api/client.ts";
import { ApiError } from "../api/error.ts";
import { message } from "../errors.ts";
import type { Condition, Operation, Outcome, Store } from "./store.ts";
import { doneSchema, grantedSchema, keptSchema, membersSchema, outcomeSchema, statusSchema, transaction } from "./wire.ts";

export interface EtcdOptions {
  /** Of the members, e.g. `https://db-1:2379`, the one to prefer first. */
  endpoints: readonly string[];
  tls?: ApiClientOptions["tls"];
  /** Milliseconds until a silent member counts as away. */
  timeoutMs?: number;
}

export interface Member {
  id: string;
  name: string;
  urls: string[];
  votes: boolean;
}

/** etcd by its JSON gateway: the official clients speak gRPC, which would be two thirds of an agent's bundle. */
export class Etcd implements Store {
  private readonly clients: readonly ApiClient[];
  /** The one that answered last. */
  private preferred = 0;

  constructor({ endpoints, tls, timeoutMs = 1_000 }: EtcdOptions) {
    this.clients = endpoints.map((origin) => new ApiClient({ origin, timeoutMs, explain, ...tls === undefined ? {} : { tls } }));
  }

  async transact(conditions: readonly Condition[], operations: readonly Operation[]): Promise<Outcome> {
    return await this.call(outcomeSchema, "/v3/kv/txn", transaction(conditions, operations));
  }

  async grant(seconds: number): Promise<string> {
    return await this.call(grantedSchema, "/v3/lease/grant", { TTL: String(seconds) });
  }

  async keepAlive(lease: string): Promise<boolean> {
    return await this.call(keptSchema, "/v3/lease/keepalive", { ID: lease });
  }

  async revoke(lease: string): Promise<void> {
    await this.call(doneSchema, "/v3/lease/revoke", { ID: lease });
  }

  async members(): Promise<Member[]> {
    return await this.call(membersSchema, "/v3/cluster/member/list", {});
  }

  /** Of the first endpoint's member, and of no other. */
  async ownStatus(): Promise<{ member: string; leader: string | null }> {
    return await this.first.call(statusSchema, "POST", "/v3/maintenance/status", {});
  }

  /** The first endpoint's member gives its leadership to another. */
  async moveLeader(to: string): Promise<void> {
    await this.first.call(doneSchema, "POST", "/v3/maintenance/transfer-leadership", { targetID: to });
  }

  close(): void {
    for (const client of this.clients) client.close();
  }

  private get first(): ApiClient {
    const [first] = this.clients;
    if (first === undefined) throw new Error("etcd has no endpoints");
    return first;
  }

  /** Asks one member after the other. What is asked twice because the first one's answer was lost does no harm here. */
  private async call<T>(schema: z.ZodType<T>, path: string, body: object): Promise<T> {
    const failures: unknown[] = [];
    for (let turn = 0; turn < this.clients.length; turn += 1) {
      const index = (this.preferred + turn) % this.clients.length;
      const client = this.clients[index];
      if (client === undefined) continue;
      try {
        const answer = await client.call(schema, "POST", path, body);
        this.preferred = index;
        return answer;
      } catch (error) {
        failures.push(error);
      }
    }
    throw new ApiError(failures.map(message).join("; "), { cause: failures[0] });
  }
}

function explain(_status: number, body: unknown): string {
  return typeof body === "object" && body !== null && "message" in body ? String(body.message) : "without words";
}
