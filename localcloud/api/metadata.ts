import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../files.ts";
import type { Api } from "./api.ts";
import type { Log } from "./log.ts";
import { lookUp, metadataDocument, metadataTree } from "./metadataTree.ts";

/**
 * The metadata service: who asks is told by the source address, which a machine cannot forge. Machines that are being
 * destroyed still get theirs; anybody else gets nothing.
 */
export function createMetadata(api: Pick<Api, "cloud" | "dropletAt">, log: Log): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    let status = 500;
    try {
      const [code, type, text] = answer(api, request);
      status = code;
      response.writeHead(code, { "content-type": type, "content-length": Buffer.byteLength(text) });
      response.end(request.method === "HEAD" ? undefined : text);
    } catch (error) {
      log({ level: "error", message: `A metadata request failed: ${messageOf(error)}` });
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
      response.end();
    }
    log({ level: "info", message: "metadata", method: request.method, path: pathOf(request), status, from: request.socket.remoteAddress });
  };
}

type Reply = [status: number, type: string, text: string];

const plain = "text/plain; charset=utf-8";

function answer(api: Pick<Api, "cloud" | "dropletAt">, request: IncomingMessage): Reply {
  if (request.method !== "GET" && request.method !== "HEAD") return [405, plain, "method not allowed\n"];
  const address = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const droplet = api.dropletAt(address);
  if (droplet === null) return [404, plain, "not found\n"];
  const document = metadataDocument(api.cloud.state, droplet);
  const path = pathOf(request);
  if (path === "/metadata/v1.json") return [200, "application/json", JSON.stringify(document)];
  const below = /^\/metadata\/v1(?:\/(.*))?$/.exec(path);
  const text = below === null ? null : lookUp(metadataTree(document), below[1] ?? "");
  return text === null ? [404, plain, "not found\n"] : [200, plain, text];
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}
