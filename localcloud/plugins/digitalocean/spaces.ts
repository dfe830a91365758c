import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import { type Operation } from "../core/resource.ts";
import { ForeignEndpoint } from "./guard.ts";
import { type Http, type HttpAnswer } from "./http.ts";
import { type Clock } from "./pace.ts";
import { type Settings } from "./settings.ts";
import { findText, parseXml } from "./xml.ts";

/** What object storage answered instead of what was asked for. */
export class SpacesError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(message: string, status: number, code: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface SpacesRequest {
  region: string;
  bucket: string;
  /** null asks the bare host for `/bucket`, as GetBucketLocation does; text is the object's key, empty for the bucket itself. */
  key: string | null;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Content-MD5, which S3 demands with some requests. */
  md5?: boolean;
}

export interface Spaces {
  call(method: string, request: SpacesRequest, operation: Operation): Promise<HttpAnswer>;
}

const retries = 3;

/** Object storage by SigV4 and virtual-host addressing, signed for `us-east-1` whatever the region, as the official plugin does. */
export function createSpaces(settings: Settings, http: Http, clock: Clock): Spaces {
  function endpoint(region: string): URL {
    const given = settings.spacesEndpoint?.replaceAll(/\{\{\s*\.Region\s*\}\}/g, region) ?? `https://${region}.digitaloceanspaces.com`;
    return new URL(given.includes("://") ? given : `https://${given}`);
  }

  function urlOf({ region, bucket, key, query = {} }: SpacesRequest): URL {
    const { protocol, host } = endpoint(region);
    const url = new URL(key === null ? `${protocol}//${host}/${bucket}` : `${protocol}//${bucket}.${host}/${key.split("/").map(encodeURIComponent).join("/")}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  async function attempt(method: string, request: SpacesRequest, signal: AbortSignal): Promise<HttpAnswer | Error> {
    const credentials = settings.spacesKey;
    if (!credentials) {
      throw new Error("Spaces credentials not configured: set SPACES_ACCESS_KEY_ID and SPACES_SECRET_ACCESS_KEY, or digitalocean:spacesAccessId and digitalocean:spacesSecretKey");
    }
    const body = typeof request.body === "object" ? request.body : Buffer.from(request.body ?? "");
    const signed = await new AwsV4Signer({
      method,
      url: urlOf(request).toString(),
      headers: {
        ...request.headers,
        "x-amz-content-sha256": createHash("sha256").update(body).digest("hex"),
        ...(request.md5 ? { "content-md5": createHash("md5").update(body).digest("base64") } : {}),
      },
      accessKeyId: credentials.id,
      secretAccessKey: credentials.secret,
      service: "s3",
      region: "us-east-1",
    }).sign();
    try {
      return await http({
        method,
        url: signed.url.toString(),
        headers: Object.fromEntries(signed.headers.entries()),
        body: method === "PUT" || method === "POST" ? body : undefined,
        signal,
      });
    } catch (error) {
      if (signal.aborted || error instanceof ForeignEndpoint || !(error instanceof Error)) throw error;
      return error;
    }
  }

  return {
    async call(method, request, { signal }) {
      for (let tried = 1; ; tried += 1) {
        const answer = await attempt(method, request, signal);
        const passing = answer instanceof Error || [500, 502, 503].includes(answer.status);
        if (passing && tried <= retries) {
          await clock.sleep(250 * 2 ** (tried - 1), signal);
          continue;
        }
        if (answer instanceof Error) throw new Error(`${method} ${urlOf(request).toString()}: ${answer.message}`, { cause: answer });
        if (answer.status >= 300) throw faultOf(method, urlOf(request), answer);
        return answer;
      }
    },
  };
}

function faultOf(method: string, url: URL, { status, body, headers }: HttpAnswer): SpacesError {
  const xml = parseXml(body.toString("utf8"));
  const code = findText(xml, "Code") ?? (status === 404 ? "NotFound" : status === 403 ? "Forbidden" : "Unknown");
  const request = findText(xml, "RequestId") ?? headers["x-amz-request-id"];
  const message = [findText(xml, "Message") ?? "", request === undefined ? "" : `(request "${request}")`].filter((part) => part !== "").join(" ");
  return new SpacesError(`${method} ${url.toString()}: ${status} ${code}${message === "" ? "" : `: ${message}`}`, status, code);
}
