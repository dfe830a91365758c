import { Agent, get, type IncomingMessage } from "node:http";
import { limits } from "../src/server.ts";
import { RawClient } from "../testing/rawClient.ts";
import { startServer } from "../testing/server.ts";

const request = (url: string, agent: Agent): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.once("end", () => resolve(response));
    }).once("error", reject);
  });

describe("connections", () => {
  test("are kept for the next request, until the server drains", async () => {
    await using server = await startServer();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await request(server.url, agent)).headers.connection).toBe("keep-alive");
    server.lifecycle.drain();
    const last = await request(server.url, agent);
    expect(last.statusCode).toBe(200);
    expect(last.headers.connection).toBe("close");
    agent.destroy();
  });

  test("close while draining after errors, too", async () => {
    await using server = await startServer();
    server.lifecycle.drain();
    const client = await RawClient.open(server.port);
    client.send("GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n");
    expect(await client.ended()).toMatch(/^HTTP\/1\.1 404 [^]*connection: close/i);
  });

  test("an idle one is closed at its limit", async () => {
    await using server = await startServer({ limits: { keepAliveTimeout: 50 } });
    const client = await RawClient.open(server.port);
    client.send("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n");
    expect(await client.ended()).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("one that never says anything is closed at its limit", async () => {
    await using server = await startServer({ limits: { headersTimeout: 150, connectionTimeout: 100 } });
    const client = await RawClient.open(server.port);
    await client.ended();
    expect(client.socket.destroyed).toBe(true);
  });

  test("the limits fit each other", () => {
    expect(limits.headersTimeout).toBeLessThan(limits.requestTimeout);
    expect(limits.requestTimeout).toBeLessThan(limits.handlerTimeout);
    expect(limits.handlerTimeout).toBeLessThan(limits.connectionTimeout);
    expect(limits.handlerTimeout).toBeLessThan(25_000); // the default of DRAIN_SECONDS
  });
});
