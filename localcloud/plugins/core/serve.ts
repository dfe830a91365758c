import * as grpc from "@grpc/grpc-js";
import { connectEngine, type Engine } from "./engine.ts";
import { createHandlers } from "./handlers.ts";
import { type Plugin } from "./resource.ts";
import { createService, providerService } from "./service.ts";

/** gRPC's own limit of 4 MiB is too small for a program with many certificates in one resource; the engine's is 400 MiB. */
const messageLimit = 400 * 1024 * 1024;

export interface Served {
  port: number;
  close(): void;
}

/** Serves a plugin on a free port of the loopback interface. */
export async function serve(plugin: Plugin, engineAddress: string | undefined): Promise<Served> {
  const abort = new AbortController();
  let engine: Engine | null = engineAddress === undefined ? null : connectEngine(engineAddress);
  const handlers = createHandlers(plugin, {
    signal: abort.signal,
    log: (...line) => { engine?.log(...line); },
    flush: async () => engine?.flush(),
  });
  const server = new grpc.Server({ "grpc.max_receive_message_length": messageLimit, "grpc.max_send_message_length": messageLimit });
  server.addService(providerService, createService(plugin, handlers, {
    attach: (address) => {
      engine?.close();
      engine = connectEngine(address);
    },
    cancel: () => { abort.abort(new Error("cancelled")); },
  }));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return {
    port,
    close: () => {
      abort.abort(new Error("the plugin was stopped"));
      engine?.close();
      server.forceShutdown();
    },
  };
}
