import { Agent, request } from "node:https";
import { createSecureContext, type TLSSocket } from "node:tls";
import { z } from "zod";
import type { Target } from "./messages.ts";

export interface Asked {
  method: "GET" | "POST";
  path: string;
  body?: unknown;
  /** Given up after this many milliseconds, wherever it is. */
  limitMs: number;
}

export type Outcome =
  | { ok: true; server: string; release: string }
  | { ok: false; error: string; status: number | null; server: string | null; sent: boolean; reused: boolean };

/** Asks once. Nothing is ever asked again by itself: whether an order may be repeated is for its customer to say. */
export type Ask = (asked: Asked) => Promise<Outcome>;

const answerSchema = z.object({ server: z.string(), release: z.string() });
/** An app server names itself, a problem says what is wrong, and a load balancer's own words may be anything. */
const otherSchema = z.object({ server: z.string().optional(), detail: z.string().optional() });

/** As browsers do: connections are kept and used in turn, a new one is made whenever none is free. */
export const keepAliveAgent = (): Agent => new Agent({ keepAlive: true, maxFreeSockets: 500, scheduling: "fifo" });

/** A new connection and a full handshake for every request. */
export const freshAgent = (): Agent => new Agent({ keepAlive: false, maxCachedSessions: 0 });

export function makeAsk(target: Target, agent: Agent): Ask {
  const { address: host, port, hostName } = target;
  const options = {
    host, port, agent, servername: hostName, setHost: false,
    // Made once: reading the authority's certificate costs more than all else that a connection costs the client.
    secureContext: createSecureContext({ ca: target.ca, minVersion: "TLSv1.2" }),
  };
  return async ({ method, path, body, limitMs }) => await new Promise((resolve) => {
    const content = body === undefined ? undefined : JSON.stringify(body);
    let sent = false;
    let status: number | null = null;
    const fail = (error: string, server: string | null = null): void =>
      resolve({ ok: false, error, status, server, sent, reused: asked.reusedSocket });
    const asked = request({
      ...options, method, path,
      headers: {
        host: hostName, accept: "application/json",
        ...(content === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(content) }),
      },
    }, (response) => {
      status = response.statusCode ?? null;
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => { text += chunk; }).on("error", (error) => fail(error.message)).on("end", () => {
        const answer = status === 200 ? answerSchema.safeParse(parsed(text)) : undefined;
        if (answer?.success) resolve({ ok: true, ...answer.data });
        else {
          const other = otherSchema.safeParse(parsed(text)).data;
          fail(`status ${status}: ${other?.detail ?? text.slice(0, 120)}`, other?.server ?? null);
        }
      });
    });
    const limit = setTimeout(() => asked.destroy(new Error(`no answer in ${limitMs} ms`)), limitMs);
    asked
      .on("socket", (socket) => {
        // A kept connection takes the request at once, a new one when its handshake is over.
        if (asked.reusedSocket) sent = true;
        else (socket as TLSSocket).once("secureConnect", () => { sent = true; });
      })
      .on("error", (error) => fail(error.message))
      .on("close", () => {
        clearTimeout(limit);
        fail("closed without an answer");
      })
      .end(content);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return {}; // not JSON: it names nobody
  }
}
