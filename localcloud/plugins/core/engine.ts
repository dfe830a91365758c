import * as grpc from "@grpc/grpc-js";
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import enginePb, { type LogSeverity } from "@pulumi/pulumi/proto/engine_pb.js";
import { type Severity } from "./resource.ts";

const severities: Record<Severity, LogSeverity> = {
  debug: enginePb.LogSeverity.DEBUG,
  info: enginePb.LogSeverity.INFO,
  warning: enginePb.LogSeverity.WARNING,
  error: enginePb.LogSeverity.ERROR,
};

/** The engine that started this plugin: shows log lines beside the resource they are about. */
export interface Engine {
  log(severity: Severity, message: string, urn: string, ephemeral: boolean): void;
  /** Resolves when every line so far has been shown. */
  flush(): Promise<void>;
  close(): void;
}

export function connectEngine(address: string): Engine {
  const client = new engineGrpc.EngineClient(address, grpc.credentials.createInsecure());
  // One after the other: calls at once may overtake each other, and a log's order is half of what it says.
  let shown = Promise.resolve();
  return {
    log(severity, message, urn, ephemeral) {
      const request = new enginePb.LogRequest().setSeverity(severities[severity]).setMessage(message).setUrn(urn).setStreamid(0).setEphemeral(ephemeral);
      // A line that cannot be shown must not fail the resource it is about.
      shown = shown.then(async () => new Promise((resolve) => { client.log(request, () => { resolve(); }); }));
    },
    flush: async () => shown,
    close: () => { client.close(); },
  };
}
