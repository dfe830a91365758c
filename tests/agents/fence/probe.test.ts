import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createSecureContext, createServer as createTlsServer } from "node:tls";
import { accepts, answers } from "../../../agents/fence/probe.ts";
import { freePort } from "../../../components/artifacts/freePort.ts";
import { Authority } from "../../unit/components/authority.ts";

const limitMs = 400;
const authority = new Authority();
const issued = authority.site({ names: ["db-1"], commonName: "db-1" });
const context = createSecureContext({ ca: authority.root.certificate, cert: issued.certificate, key: issued.key });
afterAll(() => authority.close());

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map(async (server) => {
    server.close();
    await once(server, "close");
  }));
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
const tls = async (onData: (socket: Socket) => void): Promise<number> =>
  await listening(createTlsServer({ cert: issued.certificate, key: issued.key }, (socket) => socket.once("data", () => onData(socket))));

/** Asks once: whether it was answered, and whether anybody accepted. */
async function asked(port: number, how: "https" | "tcp"): Promise<{ answered: boolean; reached: boolean }> {
  let reached = false;
  const probe = how === "tcp" ? accepts("127.0.0.1", port, limitMs) : answers("127.0.0.1", port, "/liveness", context, limitMs);
  const answered = await probe(() => { reached = true; });
  return { answered, reached };
}

test("an answer over TLS is one, also when it is a refusal", async () => {
  const port = await tls((socket) => socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
  expect(await asked(port, "https")).toEqual({ answered: true, reached: true });
});

test("whoever finishes the handshake and says nothing does not answer", async () => {
  expect(await asked(await tls(() => undefined), "https")).toEqual({ answered: false, reached: true });
});

test("whoever accepts the connection and says nothing does not answer: a machine that stands still may do so", async () => {
  const port = await listening(createServer());
  expect(await asked(port, "https")).toEqual({ answered: false, reached: true });
  expect(await asked(port, "tcp")).toEqual({ answered: false, reached: true });
});

test.each(["https", "tcp"] as const)("a refusal by %s is an answer: somebody has power", async (how) => {
  expect(await asked(await freePort(), how)).toEqual({ answered: true, reached: false });
});

test("a server that resets the connection has power", async () => {
  const port = await listening(createServer((socket) => socket.resetAndDestroy()));
  expect(await asked(port, "https")).toMatchObject({ answered: true });
});
