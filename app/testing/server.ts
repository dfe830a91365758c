import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { Lifecycle } from "../src/lifecycle.ts";
import { makeLogger } from "../src/logging.ts";
import { buildServer, type ServerOptions } from "../src/server.ts";

export interface RunningServer {
  app: FastifyInstance;
  lifecycle: Lifecycle;
  port: number;
  url: string;
  /** Every log line so far, parsed. */
  logs: Record<string, unknown>[];
  [Symbol.asyncDispose](): Promise<void>;
}

export const identity = { serverName: "app-1", release: "r1" };

/** The real server on a real socket, with its log in memory. `extend` adds routes that the app does not have. */
export async function startServer(options: Partial<Pick<ServerOptions, "limits" | "serverName" | "release">> & { extend?: (app: FastifyInstance) => void } = {}): Promise<RunningServer> {
  const { extend, ...rest } = options;
  const logs: Record<string, unknown>[] = [];
  const logger = makeLogger({ ...identity, logLevel: "debug" }, {
    write: (line) => { logs.push(JSON.parse(line) as Record<string, unknown>); },
  });
  const lifecycle = new Lifecycle();
  const app = buildServer({ ...identity, ...rest, logger, lifecycle });
  extend?.(app);
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  return { app, lifecycle, port, url: `http://127.0.0.1:${port}`, logs, [Symbol.asyncDispose]: () => app.close() };
}
