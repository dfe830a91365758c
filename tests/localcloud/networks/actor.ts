/**
 * Runs inside a fake machine's network namespace and does there what the test asks: one JSON request a line on standard
 * input, one answer a line on standard output.
 */
import { createSocket } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

export type ActorRequest =
  | { do: "serve"; protocol: "tcp" | "udp"; port: number; name: string; address?: string }
  | { do: "tcp"; host: string; port: number; limitMs: number; localAddress?: string; keepAs?: string }
  | { do: "udp"; host: string; port: number; limitMs: number; count: number; bytes?: number }
  | { do: "exchanges"; host: string; port: number; limitMs: number; count: number }
  | { do: "say"; connection: string; limitMs: number };

/** `answer` is what the server said: its name and the client's address as it sees it. `error` is a code or "timeout". */
export type ActorAnswer = { answer: string } | { error: string };

const connections = new Map<string, Socket>();

async function act(request: ActorRequest): Promise<ActorAnswer> {
  switch (request.do) {
    case "serve": return request.protocol === "tcp" ? serveTcp(request) : serveUdp(request);
    case "tcp": return dial(request);
    case "udp": return ask(request);
    case "exchanges": return exchange(request);
    case "say": return say(request);
  }
}

/** Says who it is to everyone who connects, then echoes. */
function serveTcp({ port, name, address }: Extract<ActorRequest, { do: "serve" }>): Promise<ActorAnswer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.write(`${name} ${socket.remoteAddress}`);
      socket.on("data", (data) => socket.write(data));
    });
    server.listen(port, address ?? "0.0.0.0", () => { resolve({ answer: "listening" }); });
    server.on("error", (error) => { resolve({ error: error.message }); });
  });
}

function serveUdp({ port, name, address }: Extract<ActorRequest, { do: "serve" }>): Promise<ActorAnswer> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.on("message", (_, from) => { socket.send(`${name} ${from.address}`, from.port, from.address); });
    socket.on("error", (error) => { resolve({ error: error.message }); });
    socket.bind(port, address ?? "0.0.0.0", () => { resolve({ answer: "listening" }); });
  });
}

function dial({ host, port, limitMs, localAddress, keepAs }: Extract<ActorRequest, { do: "tcp" }>): Promise<ActorAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, ...(localAddress !== undefined && { localAddress }) });
    const timer = setTimeout(() => { end({ error: "timeout" }); }, limitMs);
    const end = (answer: ActorAnswer): void => {
      clearTimeout(timer);
      resolve(answer);
      if (keepAs === undefined || "error" in answer) socket.destroy();
      else connections.set(keepAs, socket);
    };
    socket.on("error", (error: NodeJS.ErrnoException) => { end({ error: error.code ?? error.message }); });
    socket.once("data", (data) => { end({ answer: data.toString() }); });
  });
}

/** Sends `count` datagrams and tells how many were answered within the limit after the last answer. */
function ask({ host, port, limitMs, count, bytes }: Extract<ActorRequest, { do: "udp" }>): Promise<ActorAnswer> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    let answered = 0;
    let last = "";
    const end = (): void => {
      socket.close();
      if (count > 1) resolve({ answer: String(answered) });
      else resolve(answered === 0 ? { error: "timeout" } : { answer: last });
    };
    let timer = setTimeout(end, limitMs);
    socket.on("message", (data) => {
      answered += 1;
      last = data.toString();
      clearTimeout(timer);
      if (answered === count) end();
      else timer = setTimeout(end, limitMs);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => { clearTimeout(timer); resolve({ error: error.code ?? error.message }); });
    for (let sent = 0; sent < count; sent += 1) {
      socket.send("?".repeat(bytes ?? 1), port, host, (error) => {
        if (error === null) return;
        clearTimeout(timer);
        resolve({ error: "code" in error ? String(error.code) : error.message });
      });
    }
  });
}

/** One datagram and its answer after the other, each from a port of its own; tells how many were not answered. */
async function exchange(request: Extract<ActorRequest, { do: "exchanges" }>): Promise<ActorAnswer> {
  let lost = 0;
  for (let done = 0; done < request.count; done += 1) {
    if ("error" in await ask({ ...request, do: "udp", count: 1 })) lost += 1;
  }
  return { answer: String(lost) };
}

/** Over a connection that was kept: is it still there in both directions? */
function say({ connection, limitMs }: Extract<ActorRequest, { do: "say" }>): Promise<ActorAnswer> {
  const socket = connections.get(connection);
  if (socket === undefined) return Promise.resolve({ error: `no connection "${connection}"` });
  return new Promise((resolve) => {
    const onData = (data: Buffer): void => { end({ answer: data.toString() }); };
    const onError = (error: NodeJS.ErrnoException): void => { end({ error: error.code ?? error.message }); };
    const timer = setTimeout(() => { end({ error: "timeout" }); }, limitMs);
    const end = (answer: ActorAnswer): void => {
      clearTimeout(timer);
      socket.off("data", onData);
      socket.off("error", onError);
      resolve(answer);
    };
    socket.on("data", onData);
    socket.on("error", onError);
    socket.write("still there?");
  });
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, request } = JSON.parse(line) as { id: number; request: ActorRequest };
  void act(request).then((answer) => { process.stdout.write(`${JSON.stringify({ id, answer })}\n`); });
}).on("close", () => process.exit());
process.stdout.write(`${JSON.stringify({ id: 0, answer: { answer: "ready" } })}\n`);
