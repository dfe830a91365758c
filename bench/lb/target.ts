import { connect, type SecureContext, type TLSSocket } from "node:tls";

export interface Target {
  /** On 127.0.0.1. */
  port: number;
  hostName: string;
  path: string;
  /** Of each answer's body. */
  bytes: number;
  context: SecureContext;
}

/** What a browser says of itself in every request. */
export const browser = {
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "accept-language": "en-US,en;q=0.5",
  "accept-encoding": "gzip, deflate, br, zstd",
};

export function open({ port, hostName, context }: Target, protocol: "h2" | "http/1.1", session?: Buffer): TLSSocket {
  const socket = connect({
    host: "127.0.0.1", port, servername: hostName, secureContext: context, ALPNProtocols: [protocol], ...session === undefined ? {} : { session },
  });
  socket.on("error", (error) => fail(`a connection broke: ${error.message}`));
  return socket;
}

/** A load balancer that answers wrongly is not measured: nobody catches this, so it ends the client. */
export function fail(what: string): never {
  throw new Error(what);
}
