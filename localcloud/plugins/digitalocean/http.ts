import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { guardedLookup, guardHost } from "./guard.ts";

export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Uint8Array | undefined;
  signal: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

const agents = { "http:": new HttpAgent({ keepAlive: true }), "https:": new HttpsAgent({ keepAlive: true }) };

/** One request over a guarded connection. Not `fetch`: its connections cannot be guarded when they are made. */
export const send: Http = async ({ method, url, headers, body, signal }) => {
  const target = new URL(url);
  guardHost(target.hostname);
  const secure = target.protocol === "https:";
  if (!secure && target.protocol !== "http:") throw new Error(`${url} is neither http nor https`);
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? httpsRequest : httpRequest)(target, {
      method,
      headers: { ...headers, ...(body ? { "content-length": String(body.length) } : {}) },
      agent: secure ? agents["https:"] : agents["http:"],
      lookup: guardedLookup,
      signal,
    }, (incoming) => { collect(incoming).then(resolve, reject); });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
};

async function collect(incoming: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]));
  return { status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks) };
}
