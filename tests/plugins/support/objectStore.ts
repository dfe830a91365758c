import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { listen, type Listening } from "./listen.ts";

interface StoredObject { body: Buffer; contentType: string; metadata: Record<string, string> }
interface StoredBucket { settings: Map<string, string>; objects: Map<string, StoredObject> }

/** Just enough S3, by virtual-host addressing, to raise a stack on; signatures are not checked. */
export interface ObjectStore extends Listening {
  endpoint: string;
  buckets: Map<string, StoredBucket>;
  requests: string[];
}

export async function startObjectStore(region: string): Promise<ObjectStore> {
  const buckets = new Map<string, StoredBucket>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://store");
      const host = (request.headers.host ?? "").split(":")[0] ?? "";
      requests.push(`${request.method ?? ""} ${host}${request.url ?? ""}`);
      const answer = host === "spaces.localhost"
        ? ok(`<LocationConstraint>${region}</LocationConstraint>`)
        : serve(buckets, host.split(".")[0] ?? "", decodeURIComponent(pathname.slice(1)), request, searchParams, body);
      response.writeHead(answer.status, answer.headers).end(request.method === "HEAD" ? undefined : answer.body);
    })();
  });
  const listening = await listen(server);
  return { ...listening, endpoint: `http://spaces.localhost:${listening.port}`, buckets, requests };
}

interface Answer { status: number; headers?: Record<string, string>; body?: string }

const ok = (body = "", headers: Record<string, string> = {}): Answer => ({ status: 200, headers, body });
const fault = (status: number, code: string): Answer => ({ status, body: `<Error><Code>${code}</Code><Message>no</Message></Error>` });

function serve(buckets: Map<string, StoredBucket>, name: string, key: string, request: IncomingMessage, query: URLSearchParams, body: Buffer): Answer {
  const { method = "" } = request;
  if (method === "PUT" && key === "" && query.size === 0) {
    if (buckets.has(name)) return fault(409, "BucketAlreadyExists");
    buckets.set(name, { settings: new Map(), objects: new Map() });
    return ok();
  }
  const bucket = buckets.get(name);
  if (!bucket) return fault(404, "NoSuchBucket");
  if (key !== "") return serveObject(bucket, key, request, body);
  const [setting] = query.keys();
  if (setting === undefined) {
    if (method !== "DELETE") return ok();
    if (bucket.objects.size > 0) return fault(409, "BucketNotEmpty");
    buckets.delete(name);
    return { status: 204 };
  }
  if (method === "PUT") bucket.settings.set(setting, body.toString());
  if (method === "DELETE") bucket.settings.delete(setting);
  if (method !== "GET") return ok();
  const missing = setting === "lifecycle" ? fault(404, "NoSuchLifecycleConfiguration") : ok("<VersioningConfiguration/>");
  return bucket.settings.has(setting) ? ok(bucket.settings.get(setting)) : missing;
}

function serveObject(bucket: StoredBucket, key: string, { method, headers }: IncomingMessage, body: Buffer): Answer {
  if (method === "PUT") {
    const metadata = Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (name.startsWith("x-amz-meta-") ? [[name, String(value)]] : [])));
    bucket.objects.set(key, { body, contentType: headers["content-type"] ?? "", metadata });
    return ok();
  }
  const found = bucket.objects.get(key);
  if (method === "DELETE") {
    bucket.objects.delete(key);
    return { status: 204 };
  }
  if (!found) return fault(404, "NoSuchKey");
  return ok(found.body.toString(), { "content-type": found.contentType, etag: `"${createHash("md5").update(found.body).digest("hex")}"`, ...found.metadata });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
