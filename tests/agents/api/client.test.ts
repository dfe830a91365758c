import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import * as z from "zod";
import { ApiClient } from "../../../agents/api/client.ts";

let server: Server;
let client: ApiClient;
let connections: Socket[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  connections = [];
  answer = (_request, response) => void response.end("{}");
  server = createServer((request, response) => answer(request, response));
  server.on("connection", (socket) => connections.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  client = new ApiClient({ origin: `http://127.0.0.1:${port}`, headers: { authorization: "Bearer secret" }, timeoutMs: 1_000, explain: () => "refused" });
});
afterEach(async () => {
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = (): Promise<object> => client.call(z.object({}), "GET", "/x");

test("calls go over one connection, which stays open between them", async () => {
  for (let round = 0; round < 3; round++) await get();
  await client.call(z.object({}), "POST", "/x", { type: "assign" });
  expect(connections).toHaveLength(1);
});

test("a kept connection that was closed meanwhile is replaced, and the call is sent again once", async () => {
  await get();
  let hangUps = 0;
  answer = (request) => {
    hangUps += 1;
    request.socket.destroy();
  };
  // Kept, then new: what fails on a new connection is the API's failure.
  await expect(client.call(z.object({}), "POST", "/x", {})).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect([hangUps, connections.length]).toEqual([2, 2]);
});

test("what is sent", async () => {
  const seen = new Promise<{ headers: unknown; body: string }>((resolve) => {
    answer = (request, response) => {
      let body = "";
      request.on("data", (chunk) => { body += String(chunk); }).on("end", () => {
        resolve({ headers: request.headers, body });
        response.end("{}");
      });
    };
  });
  await client.call(z.object({}), "POST", "/x", { droplet_id: 7 });
  expect(await seen).toEqual({
    headers: expect.objectContaining({ authorization: "Bearer secret", "content-type": "application/json", "content-length": "16" }),
    body: '{"droplet_id":7}',
  });
});

test.each([
  ["no JSON", "<html>", /an answer that is none \(body: /],
  ["another shape", '{"y":1}', /an answer that is none \(x: /],
  ["more than anybody needs", `"${"x".repeat(2 * 1024 * 1024)}"`, /larger than/],
])("an answer of %s is refused", async (_, text, message) => {
  answer = (_request, response) => void response.end(text);
  await expect(client.call(z.object({ x: z.number() }), "GET", "/x")).rejects.toMatchObject({ name: "ApiError", message: expect.stringMatching(message) });
});

test("an answer that does not come to its end", async () => {
  answer = (_request, response) => void response.writeHead(200, { "content-length": 10 }).write("{");
  await expect(get()).rejects.toThrow("no answer within 1000 ms");
});

test("a retry-after that is no number of seconds asks for nothing", async () => {
  answer = (_request, response) => void response.writeHead(429, { "retry-after": "Fri, 31 Dec 2027 23:59:59 GMT" }).end();
  await expect(get()).rejects.toMatchObject({ retryAfterMs: 0 });
});
