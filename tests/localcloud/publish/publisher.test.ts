import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../../localcloud/lifecycle/log.ts";
import { createPublisher, type Publisher } from "../../../localcloud/publish/publisher.ts";

/** Two that say who they are; in a cloud they would be addresses of load balancers. */
let servers: Server[];
let ports: number[];
let folder: string;
let served: Record<number, string>;
let refused: string | null;
let publisher: Publisher;
const sockets = new Set<Socket>();

const make = (): Publisher => createPublisher({
  stateDir: folder, runDir: folder,
  serve: async (wanted) => {
    if (refused !== null && Object.keys(wanted).length > 0) throw new Error(refused);
    served = wanted;
    return Promise.resolve();
  },
}, silentLog);
const to = (at: number): { address: string; port: number } => ({ address: "127.0.0.1", port: ports[at] ?? 0 });

/** As the process on the host's network does: by the unix socket. */
async function visit(port: number): Promise<{ socket: Socket; said: () => Promise<string> }> {
  const socket = connect({ path: served[port] ?? "" });
  sockets.add(socket);
  await once(socket, "connect");
  return { socket, said: async () => String((await once(socket, "data"))[0]) };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "quickcart-publish-"));
  served = {};
  refused = null;
  servers = ["one", "two"].map((name) => createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).write(name);
    socket.on("data", () => socket.write(`${name} again`));
  }));
  ports = await Promise.all(servers.map(async (server) => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }));
  publisher = make();
  await publisher.start();
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await publisher.stop();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

test("a port leads to its address, also after a restart, until it is given back", async () => {
  await publisher.publish({ port: 8443, target: to(0) });
  expect(publisher.list()).toEqual([{ port: 8443, to: `127.0.0.1:${ports[0]}` }]);
  await expect((await visit(8443)).said()).resolves.toBe("one");

  for (const socket of sockets) socket.destroy();
  await publisher.stop();
  publisher = make();
  await publisher.start();
  await expect((await visit(8443)).said()).resolves.toBe("one");

  await expect(publisher.unpublish(8443)).resolves.toBe(true);
  await expect(publisher.unpublish(8443)).resolves.toBe(false);
  expect([served, publisher.list()]).toEqual([{}, []]);
});

test("published again as it was, nobody who is connected notices; to another address, connections end and new ones go there", async () => {
  await publisher.publish({ port: 8443, target: to(0) });
  const { socket, said } = await visit(8443);
  await said();
  await publisher.publish({ port: 8443, target: to(0) });
  socket.write("?");
  await expect(said()).resolves.toBe("one again");

  const closed = once(socket, "close");
  await publisher.publish({ port: 8443, target: to(1) });
  await closed;
  await expect((await visit(8443)).said()).resolves.toBe("two");
});

test("a port that the host refuses is not remembered", async () => {
  refused = "port 8443 on 127.0.0.1 is taken";
  await expect(publisher.publish({ port: 8443, target: to(0) })).rejects.toThrow("is taken");
  expect(publisher.list()).toEqual([]);
  expect(JSON.parse(readFileSync(join(folder, "published.json"), "utf8"))).toEqual([]);
});

test("a list that is not understood is forgotten, and the cloud comes up", async () => {
  writeFileSync(join(folder, "published.json"), JSON.stringify([{ port: 8080, target: { kind: "jump", machine: "app-1" } }]));
  publisher = make();
  await publisher.start();
  expect(publisher.list()).toEqual([]);
});
