import { startServer } from "../testing/server.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("request ids", () => {
  test("a caller's id is kept, echoed and logged", async () => {
    await using server = await startServer();
    const response = await fetch(server.url, { headers: { "x-request-id": "order-42_a.b" } });
    expect(response.headers.get("x-request-id")).toBe("order-42_a.b");
    expect(server.logs.find((line) => line["msg"] === "request")).toMatchObject({ reqId: "order-42_a.b", method: "GET", path: "/", status: 200 });
  });

  test("without one, each request gets its own", async () => {
    await using server = await startServer();
    const ids = await Promise.all([1, 2].map(async () => (await fetch(server.url)).headers.get("x-request-id")));
    expect(ids[0]).toMatch(uuid);
    expect(ids[1]).toMatch(uuid);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test.each(["a b", "x".repeat(129), 'quote"', "a,b", "ä"])("%j is no id, so a new one is made", async (given) => {
    await using server = await startServer();
    const response = await fetch(server.url, { headers: { "x-request-id": given } });
    expect(response.headers.get("x-request-id")).toMatch(uuid);
  });

  test("errors carry it, too", async () => {
    await using server = await startServer();
    const response = await fetch(`${server.url}/nowhere`, { headers: { "x-request-id": "abc" } });
    expect(response.headers.get("x-request-id")).toBe("abc");
    expect(await response.json()).toMatchObject({ requestId: "abc" });
  });
});
