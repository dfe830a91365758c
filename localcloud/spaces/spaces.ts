import { readdir } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { type ObjectStorage, type StorageKey } from "../datacenter.ts";
import { type Log } from "../lifecycle/log.ts";
import { type KeyPair } from "../names/authority.ts";
import { closeServer, listen } from "../services/listen.ts";
import { createFront } from "./front.ts";
import { Lifecycle } from "./lifecycle.ts";
import { type GatewayOptions, startGateway } from "./gateway.ts";

/** `refused`: nobody listens. `unavailable`: every request is answered 503 SlowDown. */
export type StorageFault = "none" | "refused" | "unavailable";

export interface SpacesOptions extends GatewayOptions {
  address: string;
  port: number;
  /** For the virtual domain and every name right below it. */
  certificate: KeyPair;
}

export interface Spaces extends ObjectStorage {
  setFault(fault: StorageFault): Promise<void>;
  readonly fault: StorageFault;
  readonly port: number;
  stop(): Promise<void>;
}

/** DigitalOcean's object storage of one region, over a folder. */
export async function startSpaces(options: SpacesOptions, log: Log): Promise<Spaces> {
  const gateway = await startGateway(options, log);
  let keys = new Map<string, StorageKey>();
  let fault: StorageFault = "none";
  const front = createFront(
    {
      region: options.region,
      virtualDomain: options.virtualDomain,
      gateway,
      keys: () => keys,
      lifecycle: new Lifecycle(options.dir),
      isUnavailable: () => fault === "unavailable",
      countBuckets: async () => (await readdir(join(options.dir, "buckets"))).filter((name) => !name.startsWith(".")).length,
    },
    log,
  );
  const open = async (port: number): Promise<Server> => {
    const server = createServer({ cert: options.certificate.certificate, key: options.certificate.key });
    server.on("request", front.request);
    server.on("checkContinue", front.checkContinue);
    // A slow upload of a large object is not an attack.
    server.requestTimeout = 0;
    await listen(server, options.address, port);
    return server;
  };
  let server: Server | null = await open(options.port);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;

  return {
    port,
    get fault() {
      return fault;
    },
    async setKeys(next) {
      await gateway.setAccounts(next);
      keys = new Map(next.map((key) => [key.accessKey, key]));
    },
    async setFault(next) {
      fault = next;
      if (next === "refused" && server !== null) {
        const closing = server;
        server = null;
        await closeServer(closing);
      } else if (next !== "refused") {
        server ??= await open(port);
      }
    },
    async stop() {
      if (server !== null) await closeServer(server);
      await gateway.stop();
    },
  };
}
