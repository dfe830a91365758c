import { chmod, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import { messageOf } from "./files.ts";
import { type Log } from "./lifecycle/log.ts";
import { maxRequest, type OperationName, operations, type Output, type Parsed } from "./operations.ts";
import { closeServer, listen } from "./services/listen.ts";

export type Handlers = { [K in OperationName]: (input: Parsed<K>) => Promise<Output<K>> | Output<K> };

export interface Control {
  stop(): Promise<void>;
}

/** JSON over HTTP on a socket that only root can open: POST /OPERATION. */
export async function startControl(path: string, handlers: () => Partial<Handlers>, log: Log): Promise<Control> {
  // Of a daemon that was killed; a living one holds the lock, and we would not have come this far.
  await rm(path, { force: true });
  const server = createServer((request, response) => void answer(request, response, handlers, log));
  await listen(server, path);
  await chmod(path, 0o600);
  return { stop: () => closeServer(server) };
}

async function answer(request: IncomingMessage, response: ServerResponse, handlers: () => Partial<Handlers>, log: Log): Promise<void> {
  const name = (request.url ?? "/").slice(1);
  try {
    if (request.method !== "POST" || !isOperation(name)) {
      return send(response, 404, { ok: false, error: `${request.method ?? ""} /${name}: there is no such operation. There are: ${Object.keys(operations).join(", ")}.` });
    }
    const input = operations[name].input.safeParse(JSON.parse(await readBody(request)));
    if (!input.success) {
      return send(response, 400, { ok: false, error: `${name}: ${z.prettifyError(input.error)}` });
    }
    // The table pairs each name with its own input; the compiler cannot follow that through a variable name.
    const handler = handlers()[name] as ((input: unknown) => unknown) | undefined;
    if (handler === undefined) return send(response, 503, { ok: false, error: "the local cloud is still starting; `localcloud status` says how far it is" });
    const result = await handler(input.data);
    if (name !== "status") log.info(`control: ${name}`);
    send(response, 200, { ok: true, result: result ?? {} });
  } catch (error) {
    log.warn(`control: ${name} failed: ${messageOf(error)}`);
    send(response, 500, { ok: false, error: messageOf(error) });
  }
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(operations, name);
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  request.setEncoding("utf8");
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > maxRequest) throw new Error(`the request is longer than ${maxRequest} characters`);
  }
  return text === "" ? "{}" : text;
}
