import { makeLogger } from "../src/logging.ts";
import { identity, startServer } from "../testing/server.ts";

const secret = "s3cr3t-value";

describe("the log", () => {
  test("has one JSON line a request, with the server and the release", async () => {
    await using server = await startServer();
    await fetch(`${server.url}/?a=b`);
    const lines = server.logs.filter((line) => "reqId" in line);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: "info", server: "app-1", release: "r1", method: "GET", path: "/", status: 200, client: "127.0.0.1", ms: expect.any(Number) as number });
  });

  test("the client is whom the load balancer names, whatever stood before it", async () => {
    await using server = await startServer();
    await fetch(server.url, { headers: { "x-forwarded-for": "203.0.113.66, 203.0.113.7" } });
    expect(server.logs.find((line) => line["path"] === "/")).toMatchObject({ client: "203.0.113.7" });
  });

  test("health checks do not fill it", async () => {
    await using server = await startServer();
    await fetch(`${server.url}/healthz`);
    expect(server.logs.find((line) => line["path"] === "/healthz")).toMatchObject({ level: "debug" });
  });

  test("a request's secrets never reach it: headers, cookies, the query", async () => {
    await using server = await startServer({ extend: (app) => app.get("/broken", async () => { throw new Error("oh"); }) });
    for (const path of ["/", "/broken", "/nowhere"]) {
      await fetch(`${server.url}${path}?token=${secret}`, { headers: { authorization: `Bearer ${secret}`, cookie: `session=${secret}` } });
    }
    expect(JSON.stringify(server.logs)).not.toContain(secret);
  });

  test.each(["headers", "req.headers", "res.headers", "err.headers"])("headers logged as %s are redacted", (where) => {
    const lines: string[] = [];
    const logger = makeLogger({ ...identity, logLevel: "info" }, { write: (line) => { lines.push(line); } });
    const headers = { "authorization": secret, "proxy-authorization": secret, "cookie": secret, "set-cookie": [secret], "host": "kept" };
    const [outer, inner] = where.split(".");
    logger.info(inner ? { [outer ?? ""]: { headers } } : { headers }, "with headers");
    expect(lines.join("")).not.toContain(secret);
    expect(lines.join("")).toContain("[redacted]");
  });
});
