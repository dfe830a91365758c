import { createServer, type Socket } from "node:net";
import { redisPort, Nodes } from "../../../agents/redis/nodes.ts";

test("a machine that lost its power is asked by a new connection the next time", async () => {
  const address = `127.${String(210 + process.pid % 40)}.${String(process.pid % 250)}.1`;
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => server.listen(redisPort, address, resolve));
  const nodes = new Nodes({ user: "admin", password: "secret", tls: null, timeoutMs: 100 });
  await expect(nodes.ask(address, "PING")).rejects.toThrow(`${address}: PING: Command timed out`);
  await expect(nodes.ask(address, "PING")).rejects.toThrow("timed out");
  expect(sockets.length).toBe(2);
  nodes.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});
