import { randomUUID } from "node:crypto";
import { type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type StorageKey } from "../datacenter.ts";
import { messageOf } from "../files.ts";
import { type Log } from "../lifecycle/log.ts";
import { correction } from "./corrections.ts";
import { readClaim } from "./credentials.ts";
import { SpacesError } from "./errors.ts";
import { type Gateway } from "./gateway.ts";
import { allows, needsOf } from "./grants.ts";
import { kept, type Lifecycle } from "./lifecycle.ts";
import { readCopySource, readTarget, type Target } from "./target.ts";

export interface FrontOptions {
  region: string;
  virtualDomain: string;
  gateway: Pick<Gateway, "socketFor">;
  /** As they are now. */
  keys: () => ReadonlyMap<string, StorageKey>;
  lifecycle: Lifecycle;
  /** As asked for by a drill: every request is answered 503. */
  isUnavailable: () => boolean;
  countBuckets: () => Promise<number>;
}

/** https://docs.digitalocean.com/products/spaces/details/limits/ */
const maxBuckets = 100;

const ownHeaders = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "expect", "host"]);

/**
 * DigitalOcean's face over the S3 server: it decides by the key's grants, then hands the request on as it was signed.
 * Bodies flow through, never held.
 */
export function createFront(options: FrontOptions, log: Log) {
  const handle = async (request: IncomingMessage, response: ServerResponse, mustContinue: boolean): Promise<void> => {
    const requestId = `tx${randomUUID().replaceAll("-", "")}`;
    const host = request.headers.host ?? "";
    try {
      if (options.isUnavailable()) throw new SpacesError(503, "SlowDown", "Please reduce your request rate.");
      const target = readTarget(host, request.url ?? "/", options.virtualDomain);
      const region = await authorize(options, request, target);
      if (mustContinue) response.writeContinue();
      await relay(options, request, response, target, region);
    } catch (error) {
      refuse(error, requestId, request, response);
    }
    log.debug("spaces request", { method: request.method, host, path: (request.url ?? "").split("?")[0], status: response.statusCode });
  };

  const refuse = (error: unknown, requestId: string, request: IncomingMessage, response: ServerResponse): void => {
    if (!(error instanceof SpacesError)) log.warn(`a request to the object storage failed: ${messageOf(error)}`, { requestId });
    if (response.headersSent) {
      // Too late to say so; a cut connection is what tells the client that the object is not whole.
      response.destroy();
      return;
    }
    const known = error instanceof SpacesError ? error : new SpacesError(503, "ServiceUnavailable", "The object storage did not answer. Please try again.");
    const text = known.toXml(requestId, options.region);
    // The body of a refused upload is not read: the connection cannot be used again.
    const unread = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
    response.writeHead(known.status, {
      "content-type": "application/xml",
      "content-length": Buffer.byteLength(text),
      "x-amz-request-id": requestId,
      ...(unread ? { connection: "close" } : {}),
    });
    response.end(request.method === "HEAD" ? undefined : text);
  };

  return {
    request: (request: IncomingMessage, response: ServerResponse) => void handle(request, response, false),
    /** For `expect: 100-continue`: a refused client is told before it sends the body. */
    checkContinue: (request: IncomingMessage, response: ServerResponse) => void handle(request, response, true),
  };
}

/** Throws what the client shall read, or returns the region that the request was signed for. */
async function authorize(options: FrontOptions, request: IncomingMessage, target: Target): Promise<string> {
  const method = request.method ?? "GET";
  if (method === "POST" && (request.headers["content-type"] ?? "").startsWith("multipart/form-data")) {
    throw new SpacesError(501, "NotImplemented", "Uploads by HTML form are not served by the local cloud.");
  }
  const claim = readClaim(request.headers, target.query);
  // Unsigned requests see what is public; the S3 server knows what that is.
  if (claim === null) return options.region;
  const key = options.keys().get(claim.accessKey);
  if (key === undefined) {
    throw new SpacesError(403, "InvalidAccessKeyId", "The access key ID you provided does not exist in our records.");
  }

  const copyHeader = request.headers["x-amz-copy-source"];
  const copySource = typeof copyHeader === "string" ? readCopySource(copyHeader).bucket : null;
  const refused = needsOf(method, target, copySource).find((need) => !allows(key.grants, need));
  if (refused !== undefined) {
    const where = refused.bucket === null ? "all buckets" : `the bucket "${refused.bucket}"`;
    throw new SpacesError(403, "AccessDenied", `Access Denied. The key needs the permission "${refused.permission}" on ${where}.`);
  }
  const creates = method === "PUT" && target.key === null && target.bucket !== null && target.query.size === 0;
  if (creates && (await options.countBuckets()) >= maxBuckets) {
    throw new SpacesError(400, "TooManyBuckets", `You have attempted to create more than ${maxBuckets} buckets.`);
  }
  return claim.region;
}

async function relay(
  options: FrontOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
  target: Target,
  region: string,
): Promise<void> {
  const outgoing = request({
    socketPath: options.gateway.socketFor(region),
    method: incoming.method,
    path: incoming.url,
    // A server that closes after its answer breaks the pipe of a body whose end is still to be sent, and Node then drops
    // the answer. So it is asked to keep the connection, which we close.
    headers: { ...endToEnd(incoming), host: incoming.headers.host, connection: "keep-alive" },
    agent: false,
  });
  response.once("close", () => outgoing.destroy());
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
  });
  // The server may answer, and stop reading, before the body is through: its answer then matters, not the broken pipe.
  const isLifecycle = target.bucket !== null && target.key === null && target.query.has("lifecycle");
  const chunks: Uint8Array[] = [];
  const sent = pipeline(isLifecycle ? kept(incoming, chunks) : incoming, outgoing).catch(() => undefined);
  const answer = await answered;
  const corrected = correction(incoming.method ?? "GET", target, answer.statusCode ?? 502, options.region, options.lifecycle.of(target.bucket ?? ""));
  if (corrected === null) {
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer));
    await pipeline(answer, response);
  } else {
    answer.resume();
    if (isLifecycle && target.bucket !== null && incoming.method !== "GET") {
      await sent;
      await options.lifecycle.set(target.bucket, incoming.method === "PUT" ? Buffer.concat(chunks).toString("utf8") : null);
    }
    response.writeHead(corrected.status, { "content-type": "application/xml", "content-length": Buffer.byteLength(corrected.body) });
    response.end(corrected.body);
  }
  await sent;
}

/** As sent, names and order kept: any of them may be signed. */
function endToEnd({ rawHeaders }: IncomingMessage): OutgoingHttpHeaders {
  const headers = new Map<string, { name: string; values: string[] }>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const value = rawHeaders[at + 1] ?? "";
    const key = name.toLowerCase();
    if (ownHeaders.has(key)) continue;
    const known = headers.get(key) ?? { name, values: [] };
    headers.set(key, known);
    const { values } = known;
    // versitygw sends some of its own twice.
    if (!values.includes(value)) values.push(value);
  }
  return Object.fromEntries([...headers.values()].map(({ name, values }) => [name, values.length === 1 ? values[0] : values]));
}
