import { startApi, type Client } from "./support.ts";

let client: Client;
beforeEach(async () => {
  client = await startApi();
});
afterEach(() => client.close());

test("a status, with retry-after, for so many requests that match", async () => {
  client.api.faults.set({ path: "^/v2/tags", method: "POST", kind: "status", status: 503, retryAfter: 2, count: 2 });
  expect((await client.ask("GET", "/v2/tags")).status).toBe(200);
  expect((await client.ask("GET", "/v2/account")).status).toBe(200);
  for (let round = 0; round < 2; round++) {
    const struck = await client.ask("POST", "/v2/tags", { name: "a" });
    expect([struck.status, struck.headers.get("retry-after"), struck.body["id"]]).toEqual([503, "2", "service_unavailable"]);
  }
  expect(client.api.cloud.state.tags).toEqual([]);
  expect((await client.ask("POST", "/v2/tags", { name: "a" })).status).toBe(201);
  expect(client.api.faults.list()).toEqual([]);
});

test("a delay", async () => {
  client.api.faults.set({ kind: "delay", milliseconds: 5000 });
  let answered = false;
  const pending = client.ask("GET", "/v2/account").then((reply) => {
    answered = true;
    return reply;
  });
  client.api.faults.set({ path: "^/never$", kind: "hang" });
  expect(client.api.faults.list()).toHaveLength(2);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(answered).toBe(false);
  const tick = setInterval(() => client.clock.advance(1000), 1);
  expect((await pending).status).toBe(200);
  clearInterval(tick);
});

test("a hang lasts until it is cleared, a hang-up cuts the connection", async () => {
  client.api.faults.set({ path: "account", kind: "hang" });
  const hanging = client.ask("GET", "/v2/account").then(() => "answered", () => "cut");
  while (!client.log.some((entry) => entry["path"] === "/v2/account")) await new Promise((resolve) => setImmediate(resolve));
  client.api.faults.clear();
  expect(await hanging).toBe("cut");
  expect((await client.ask("GET", "/v2/account")).status).toBe(200);
  client.api.faults.set({ path: "account", kind: "hangup", count: 1 });
  await expect(client.ask("GET", "/v2/account")).rejects.toThrow(/fetch failed/);
  expect((await client.ask("GET", "/v2/account")).status).toBe(200);
});

test.each([
  [{ kind: "explode" }], [{ kind: "status" }], [{ kind: "status", status: 200 }], [{ kind: "delay" }], [{ kind: "hang", path: "(" }],
  [{ kind: "hang", count: 0 }], [{ kind: "hang", colour: "red" }], [null],
])("no fault: %j", (fault) => {
  expect(() => client.api.faults.set(fault)).toThrow();
});
