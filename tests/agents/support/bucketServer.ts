import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Bucket } from "../../../agents/s3.ts";

export interface SeenRequest {
  path: string;
  authorization: string;
  ifNoneMatch: string | null;
}

/** An HTTP server on 127.0.0.1 that serves objects as S3 does: signed requests only, entity tags, error codes as XML. */
export class BucketServer {
  readonly objects = new Map<string, Buffer>();
  readonly seen: SeenRequest[] = [];
  /** When set, what every request is answered with instead. */
  failure: { status: number; code: string } | "hang up" | "say nothing" | "stop half-way" | null = null;
  private readonly server = createServer((request, response) => this.answer(request, response));

  async listen(): Promise<Bucket> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this.bucket();
  }

  /** Another reader of the same objects. */
  bucket(): Bucket {
    const { port } = this.server.address() as AddressInfo;
    return new Bucket({ url: `http://127.0.0.1:${port}`, region: "fra1", accessKey: "READER", secretKey: "not-a-secret" });
  }

  put(key: string, body: string | Buffer): void {
    this.objects.set(`/${key}`, Buffer.from(body));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { authorization = "", "if-none-match": ifNoneMatch = null } = request.headers;
    const path = request.url ?? "";
    this.seen.push({ path, authorization, ifNoneMatch });
    const refuse = (status: number, code: string): void => {
      response.writeHead(status, { "content-type": "application/xml" }).end(`<Error><Code>${code}</Code></Error>`);
    };
    if (this.failure === "hang up") return void request.socket.destroy();
    if (this.failure === "say nothing") return;
    if (this.failure === "stop half-way") return void response.writeHead(200, { "content-length": 2 }).write("1");
    if (this.failure !== null) return refuse(this.failure.status, this.failure.code);
    if (!authorization.startsWith("AWS4-HMAC-SHA256 Credential=READER/")) return refuse(403, "AccessDenied");
    const body = this.objects.get(path);
    if (body === undefined) return refuse(404, "NoSuchKey");
    const etag = `"${createHash("md5").update(body).digest("hex")}"`;
    if (ifNoneMatch === etag) return void response.writeHead(304, { etag }).end();
    response.writeHead(200, { etag, "content-length": body.byteLength }).end(body);
  }
}
