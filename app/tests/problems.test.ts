import { Problem } from "../src/problems.ts";
import { type ServerOptions } from "../src/server.ts";
import { RawClient } from "../testing/rawClient.ts";
import { startServer, type RunningServer } from "../testing/server.ts";

/** Time limits only where a test is about them: a busy machine must not run into one by chance. */
const start = (times: ServerOptions["limits"] = {}): Promise<RunningServer> => startServer({
  limits: { bodyLimit: 100, maxHeaderSize: 2048, ...times },
  extend: (app) => {
    app.post("/echo", async (request) => request.body);
    app.get("/broken", async () => { throw new Error("password of the database is hunter2"); });
    app.get("/refused", async () => { throw new Problem(409, "The order is paid already."); });
    app.get("/stuck", () => new Promise(() => undefined));
  },
});

const json = { "content-type": "application/json" };

describe("errors are problem+json", () => {
  test.each<[number, string, string, RequestInit, RegExp]>([
    [404, "an unknown path", "/nowhere?token=secret", {}, /nothing at this path/],
    [404, "a known path with another method", "/healthz", { method: "DELETE" }, /nothing at this path/],
    [400, "a body that is not JSON", "/echo", { method: "POST", headers: json, body: "{" }, /not valid JSON/],
    [400, "an empty body", "/echo", { method: "POST", headers: json }, /empty/],
    [413, "a body over the limit", "/echo", { method: "POST", headers: json, body: JSON.stringify("x".repeat(200)) }, /larger/],
    [415, "a body of another kind", "/echo", { method: "POST", headers: { "content-type": "text/csv" }, body: "a,b" }, /application\/json/],
    [400, "a path that cannot be decoded", "/%zz", {}, /percent-encoding/],
    [409, "an error meant for the client", "/refused", {}, /paid already/],
    [500, "an error meant for nobody", "/broken", {}, /Something went wrong/],
    [503, "an answer that takes too long", "/stuck", {}, /too long/],
  ])("%d for %s", async (status, _what, path, init, detail) => {
    await using server = await start(path === "/stuck" ? { handlerTimeout: 100 } : {});
    const response = await fetch(server.url + path, init);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const text = await response.text();
    const problem = JSON.parse(text) as Record<string, unknown>;
    expect(problem).toMatchObject({ type: "about:blank", status, instance: path.split("?")[0], requestId: response.headers.get("x-request-id") });
    expect(problem["title"]).toEqual(expect.any(String));
    expect(problem["detail"]).toMatch(detail);
    expect(text).not.toMatch(/hunter2|secret|FST_|at .*\.ts:|node_modules/);
  });

  test("what the client may not know is in the log, under the request's id", async () => {
    await using server = await start();
    const response = await fetch(`${server.url}/broken`);
    const line = server.logs.find(({ msg }) => msg === "request failed");
    expect(line).toMatchObject({ level: "error", reqId: response.headers.get("x-request-id"), err: { message: expect.stringContaining("hunter2") as string } });
  });

  test.each([
    [400, "what is not HTTP", "HELO there\r\n\r\n"],
    [400, "a request without a host's body length", "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n"],
    [431, "headers over the limit", `GET / HTTP/1.1\r\nhost: a\r\nx-long: ${"x".repeat(4000)}\r\n\r\n`],
    [408, "headers that never end", "GET / HTTP/1.1\r\nhost: a\r\n"],
    [408, "a body that never comes", "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{"],
  ])("%d for %s, and the connection ends", async (status, _what, bytes) => {
    await using server = await start(status === 408 ? { headersTimeout: 150, requestTimeout: 300 } : {});
    const client = await RawClient.open(server.port);
    client.send(bytes);
    const answer = await client.ended();
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    expect(head.toLowerCase()).toContain("connection: close");
    expect(head.toLowerCase()).toContain("content-type: application/problem+json");
    expect(JSON.parse(body)).toMatchObject({ type: "about:blank", status });
  });

  test("a client that goes away in the middle harms nobody", async () => {
    await using server = await start();
    const client = await RawClient.open(server.port);
    client.send("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{");
    client.socket.resetAndDestroy();
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});
