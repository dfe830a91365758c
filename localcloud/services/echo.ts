import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { type KeyPair } from "../names/authority.ts";
import { closeServer, listen } from "./listen.ts";

/** A stranger on the internet who answers every request with the address that it came from. */
export async function startEcho(address: string, certificate: KeyPair): Promise<{ stop(): Promise<void> }> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const from = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    request.resume();
    const text = JSON.stringify({ address: from, port: request.socket.remotePort, method: request.method, path: request.url }) + "\n";
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text), "cache-control": "no-store" });
    response.end(request.method === "HEAD" ? undefined : text);
  };
  const plain = createHttp(answer);
  const secure = createHttps({ cert: certificate.certificate, key: certificate.key }, answer);
  await listen(plain, address, 80);
  await listen(secure, address, 443);
  return {
    stop: async () => {
      await Promise.all([closeServer(plain), closeServer(secure)]);
    },
  };
}
