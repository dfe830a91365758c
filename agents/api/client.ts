import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type * as z from "zod";
import { message } from "../errors.ts";
import { ApiError } from "./error.ts";

export interface ApiClientOptions {
  origin: string;
  /** Sent with every call. */
  headers?: Readonly<Record<string, string>>;
  /** How to prove who one is, and whom to trust, where that is not the system's to say. PEM. */
  tls?: { ca: string; cert: string; key: string };
  timeoutMs: number;
  /** The API's own words in the body of a refusal, and what to do about it. */
  explain: (status: number, body: unknown) => string;
}

interface Reply {
  status: number;
  retryAfterMs: number;
  body: unknown;
}

const bodyLimit = 1024 * 1024;

/**
 * Speaks JSON with an API over connections that stay open between calls, so that a call costs one round trip and
 * neither a name lookup nor a TLS handshake. Not `fetch`: that closes an idle connection after 4 s.
 */
export class ApiClient {
  private readonly options: ApiClientOptions;
  private readonly agent: HttpAgent;
  private readonly request: (url: string, options: RequestOptions) => ClientRequest;

  constructor(options: ApiClientOptions) {
    this.options = options;
    const secure = options.origin.startsWith("https:");
    this.agent = secure ? new HttpsAgent({ keepAlive: true, ...options.tls }) : new HttpAgent({ keepAlive: true });
    this.request = secure ? httpsRequest : httpRequest;
  }

  async call<T>(schema: z.ZodType<T>, method: "GET" | "POST", path: string, body?: object): Promise<T> {
    const what = `${method} ${this.options.origin}${path}`;
    const reply = await this.exchange(method, path, body).catch((error: unknown) => {
      throw new ApiError(`${what}: ${message(error)}`, { cause: error });
    });
    if (reply.status >= 300) {
      const { status, retryAfterMs } = reply;
      throw new ApiError(`${what}: ${status} ${this.options.explain(status, reply.body)}`, { status, retryAfterMs });
    }
    const parsed = schema.safeParse(reply.body);
    if (parsed.success) return parsed.data;
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`).join("; ");
    throw new ApiError(`${what}: an answer that is none (${wrong})`);
  }

  close(): void {
    this.agent.destroy();
  }

  private async exchange(method: string, path: string, body: object | undefined): Promise<Reply> {
    const signal = AbortSignal.timeout(this.options.timeoutMs);
    try {
      const attempt = this.send(method, path, body, signal);
      const response = await attempt.answer.catch((error: unknown) => {
        // The other end closed the kept connection just now: nothing was done, and a new one works.
        if (attempt.request.reusedSocket && !signal.aborted) return this.send(method, path, body, signal).answer;
        throw error;
      });
      return {
        status: response.statusCode ?? 0,
        retryAfterMs: Math.max(0, Number(response.headers["retry-after"]) || 0) * 1000,
        body: parseJson(await read(response)),
      };
    } catch (error) {
      throw signal.aborted ? new Error(`no answer within ${this.options.timeoutMs} ms`, { cause: error }) : error;
    }
  }

  private send(method: string, path: string, body: object | undefined, signal: AbortSignal): { request: ClientRequest; answer: Promise<IncomingMessage> } {
    const content = body === undefined ? "" : JSON.stringify(body);
    const request = this.request(`${this.options.origin}${path}`, {
      method, agent: this.agent, signal,
      headers: {
        ...this.options.headers,
        accept: "application/json",
        ...body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(content) },
      },
    });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      request.once("response", resolve);
      request.on("error", reject);
    });
    request.end(content);
    return { request, answer };
  }
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > bodyLimit) throw new Error(`an answer larger than ${bodyLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What is no JSON, such as a proxy's page, says nothing that a program could use. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
