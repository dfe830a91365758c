import { startServer } from "../testing/server.ts";

describe("/healthz", () => {
  test("is 200 while the server wants requests", async () => {
    await using server = await startServer();
    const response = await fetch(`${server.url}/healthz`);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({ status: "ok", server: "app-1", release: "r1" });
  });

  test("is 404 from the moment the server drains", async () => {
    await using server = await startServer();
    server.lifecycle.drain();
    const response = await fetch(`${server.url}/healthz`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ status: "draining", server: "app-1", release: "r1" });
  });

  test("answers HEAD, too", async () => {
    await using server = await startServer();
    expect((await fetch(`${server.url}/healthz`, { method: "HEAD" })).status).toBe(200);
  });
});
