import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createApi, type Api, type ApiOptions } from "../../../localcloud/api/api.ts";
import type { Clock } from "../../../localcloud/api/clock.ts";
import type { LogEntry } from "../../../localcloud/api/log.ts";
import { memoryStore } from "../../../localcloud/api/state/store.ts";
import type { Datacenter, Firewall, MachineSpec, PowerChange, StorageKey, Vpc } from "../../../localcloud/datacenter.ts";
import { digitalOceanContract } from "../openapi.ts";

/** Time that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now = Date.parse("2026-11-21T10:00:00Z");
  #timers: { at: number; task: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, task: () => void): () => void {
    const timer = { at: this.#now + milliseconds, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter((timer) => timer.at <= this.#now).sort((a, b) => a.at - b.at);
    this.#timers = this.#timers.filter((timer) => timer.at > this.#now);
    for (const timer of due) timer.task();
  }
}

/** A datacenter without machines: it remembers what it was asked, and fails or waits when a test says so. */
export class PaperDatacenter implements Datacenter {
  vpcs: Vpc[] = [];
  firewalls: Firewall[] = [];
  /** What was asked for, in order: `create 400100000`, `power 400100000 off`, `reserve 198.19.0.1 -> 400100000`. */
  readonly asked: string[] = [];
  readonly racked = new Map<number, MachineSpec>();
  storageKeys: StorageKey[] = [];
  /** What a guest does that powers itself off: the API's own listener. */
  powerOffInside: (id: number) => Promise<void> = () => Promise.reject(new Error("nobody listens"));
  /** Called before each thing that is asked; may throw, may take its time. */
  before: (what: string) => Promise<void> = () => Promise.resolve();

  async #note(what: string): Promise<void> {
    this.asked.push(what);
    await this.before(what);
  }

  readonly networks = {
    addVpc: async (vpc: Vpc): Promise<void> => {
      await this.#note(`add vpc ${vpc.cidr}`);
      this.vpcs.push(vpc);
    },
    removeVpc: async (id: string): Promise<void> => {
      await this.#note("remove vpc");
      this.vpcs = this.vpcs.filter((vpc) => vpc.id !== id);
    },
    applyFirewalls: async (firewalls: Firewall[]): Promise<void> => {
      await this.#note("firewalls");
      this.firewalls = firewalls;
    },
    assignReservedAddress: (address: string, machine: number | null): Promise<void> => this.#note(`reserve ${address} -> ${String(machine)}`),
  };

  readonly machines = {
    create: async (machine: MachineSpec): Promise<void> => {
      await this.#note(`create ${machine.id}`);
      this.racked.set(machine.id, machine);
    },
    destroy: async (id: number): Promise<void> => {
      await this.#note(`destroy ${id}`);
      this.racked.delete(id);
    },
    resize: async (machine: MachineSpec): Promise<void> => {
      await this.#note(`resize ${machine.id}`);
      this.racked.set(machine.id, machine);
    },
    onPoweredOff: (listener: (id: number) => Promise<void>): void => {
      this.powerOffInside = listener;
    },
    power: (id: number, change: PowerChange): Promise<void> => this.#note(`power ${id} ${change}`),
    isRunning: (id: number): boolean => this.racked.has(id),
  };

  readonly storage = {
    setKeys: async (keys: StorageKey[]): Promise<void> => {
      await this.#note(`keys ${keys.length}`);
      this.storageKeys = keys;
    },
  };
}

export interface Reply {
  status: number;
  headers: Headers;
  // Tests reach deep into answers of many shapes; the contract has checked those shapes before.
  body: Deep;
}

export interface Deep {
  [key: string]: Deep;
}

export interface Client {
  api: Api;
  url: string;
  datacenter: PaperDatacenter;
  clock: ManualClock;
  log: LogEntry[];
  token: string;
  /** Asks, and throws when the answer breaks the contract. */
  ask(method: string, path: string, body?: unknown, options?: AskOptions): Promise<Reply>;
  /** Lets all that is under way come to its end. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface AskOptions {
  token?: string | null;
  /** Sent as it is. */
  raw?: string;
  /** For answers that the description does not have: 501 and the like. */
  offContract?: boolean;
}

const contract = digitalOceanContract();

/** The API on a port of 127.0.0.1, with all that a test may want to touch. */
export async function startApi(options: Partial<ApiOptions> & { datacenter?: PaperDatacenter; clock?: ManualClock } = {}): Promise<Client> {
  const datacenter = options.datacenter ?? new PaperDatacenter();
  const clock = options.clock ?? new ManualClock();
  const log: LogEntry[] = [];
  const api = createApi({
    store: memoryStore(),
    log: (entry) => log.push(entry),
    ...options,
    settings: { requestsPerMinute: 100_000, requestsPerHour: 100_000, ...options.settings },
    datacenter,
    clock,
  });
  const server = createServer((request, response) => api.handle(request, response));
  const url = await listen(server);
  const token = await api.createToken("owner", ["*"]);
  return {
    api, url, datacenter, clock, log, token,
    ask: (method, path, body, asked = {}) => ask(url, asked.token === undefined ? token : asked.token, method, path, body, asked),
    async settle() {
      for (let round = 0; round < 3; round++) {
        clock.advance(1000);
        await new Promise((resolve) => setImmediate(resolve));
        await api.idle();
      }
    },
    async close() {
      if (!server.listening) return;
      await api.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(url: string, token: string | null, method: string, path: string, body: unknown, options: AskOptions): Promise<Reply> {
  const response = await fetch(url + path, {
    method,
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), "content-type": "application/json" },
    ...(options.raw === undefined && body === undefined ? {} : { body: options.raw ?? JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed: unknown = text === "" ? undefined : JSON.parse(text);
  if (options.offContract !== true) {
    const wrong = contract.check({
      method, path: path.split("?")[0] ?? path, status: response.status, contentType: response.headers.get("content-type"),
      headers: response.headers, body: parsed,
    });
    if (wrong.length > 0) throw new Error(`${method} ${path} broke the contract:\n${wrong.join("\n")}\n${text}`);
  }
  return { status: response.status, headers: response.headers, body: (parsed ?? {}) as Deep };
}

export const aKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8mWm3b1pWn3zv2QnXoGQ3zLq2cY9gQm1k2tFvR8s7x ops@example.com";
export const otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbq0cE5w0oTn4w7t8S5cE3y0l2kT8w1R9m6mYq0bVpZ ops2@example.com";

export const anOrder = { name: "app-1", region: "fra1", size: "s-1vcpu-1gb", image: "debian-13-x64" };

/** A droplet that is up. */
export async function aDroplet(client: Client, order: Record<string, unknown> = {}): Promise<number> {
  const reply = await client.ask("POST", "/v2/droplets", { ...anOrder, ...order });
  if (reply.status !== 202) throw new Error(`No droplet: ${JSON.stringify(reply.body)}`);
  await client.settle();
  return Number(reply.body["droplet"]?.["id"]);
}
