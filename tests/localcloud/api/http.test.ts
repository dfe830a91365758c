import { request as httpRequest } from "node:http";
import { aDroplet, anOrder, startApi, type Client } from "./support.ts";

let client: Client;
afterEach(() => client.close());

describe("who may ask", () => {
  beforeEach(async () => {
    client = await startApi();
  });

  test.each([[null], ["dop_v1_wrong"], [""]])("401 with the token %j", async (token) => {
    const reply = await client.ask("GET", "/v2/account", undefined, { token });
    expect(reply.status).toBe(401);
    expect(reply.body).toMatchObject({ id: "Unauthorized", message: "Unable to authenticate you", request_id: expect.any(String) });
  });

  test("a token does what its scopes allow, and 403 names the one that is missing", async () => {
    const token = await client.api.createToken("lb-agent", ["reserved_ip:read", "reserved_ip:update", "droplet:read"]);
    const droplet = await aDroplet(client);
    const reserved = await client.ask("POST", "/v2/reserved_ips", { region: "fra1" });
    const path = `/v2/reserved_ips/${String(reserved.body["reserved_ip"]?.["ip"])}`;
    expect((await client.ask("GET", path, undefined, { token })).status).toBe(200);
    expect((await client.ask("POST", `${path}/actions`, { type: "assign", droplet_id: droplet }, { token })).status).toBe(201);
    const refused = await client.ask("DELETE", path, undefined, { token });
    expect([refused.status, refused.body["id"], refused.body["message"]]).toEqual([403, "forbidden", expect.stringContaining("reserved_ip:delete")]);
    expect((await client.ask("POST", "/v2/droplets", anOrder, { token })).status).toBe(403);
  });

  test("a token is stored as a hash, replaced by its name, and misspelt scopes are refused", async () => {
    const first = await client.api.createToken("ci", ["account:read"]);
    const second = await client.api.createToken("ci", ["*"]);
    expect(JSON.stringify(client.api.cloud.state)).not.toContain(second);
    expect((await client.ask("GET", "/v2/account", undefined, { token: first })).status).toBe(401);
    expect((await client.ask("GET", "/v2/account", undefined, { token: second })).status).toBe(200);
    await expect(client.api.createToken("bad", ["droplets:read"])).rejects.toThrow(/droplets:read.*droplet:read/);
    await expect(client.api.createToken("bad", [])).rejects.toThrow(/none given/);
  });
});

describe("what is asked", () => {
  beforeEach(async () => {
    client = await startApi();
  });

  test.each([
    ["GET", "/v2/load_balancers"], ["POST", "/v2/droplets/autoscale"], ["GET", "/v2/droplets/1/snapshots"], ["GET", "/"], ["GET", "/v2/volumes?page=1"],
  ])("%s %s is not served: 501, naming itself", async (method, path) => {
    const reply = await client.ask(method, path, undefined, { offContract: true });
    expect(reply.status).toBe(501);
    expect(reply.body).toMatchObject({ id: "not_implemented", message: `The local cloud does not serve ${method} ${path.split("?")[0] ?? ""}.` });
  });

  test("a wrong method is 405 and says which are right", async () => {
    const reply = await client.ask("PATCH", "/v2/droplets", {}, { offContract: true });
    expect([reply.status, reply.headers.get("allow")]).toEqual([405, "GET, POST, DELETE"]);
  });

  test("HEAD answers as GET does, without the body", async () => {
    const reply = await client.ask("HEAD", "/v2/account");
    expect([reply.status, reply.body]).toEqual([200, {}]);
  });

  test("a trailing slash does no harm, a broken escape is 400", async () => {
    expect((await client.ask("GET", "/v2/account/", undefined, { offContract: true })).status).toBe(200);
    expect((await client.ask("GET", "/v2/tags/%zz", undefined, { offContract: true })).status).toBe(400);
  });

  test.each([["{"], ["[1,"], ["not json"]])("a body that is not JSON is 400: %s", async (raw) => {
    const reply = await client.ask("POST", "/v2/vpcs", undefined, { raw });
    expect([reply.status, reply.body["id"]]).toEqual([400, "bad_request"]);
  });

  test.each([["[]"], ["null"], ["7"], ['"text"'], [""]])("a body of another shape is 422: %j", async (raw) => {
    expect((await client.ask("POST", "/v2/vpcs", undefined, { raw })).status).toBe(422);
  });

  test("a body over 1 MiB is refused, and the connection's peer reads why", async () => {
    const reply = await client.ask("POST", "/v2/vpcs", undefined, { raw: JSON.stringify({ name: "x".repeat(3_000_000) }), offContract: true });
    expect([reply.status, reply.body["id"]]).toEqual([413, "request_entity_too_large"]);
    expect((await client.ask("GET", "/v2/account")).status).toBe(200);
  });

  test("lists come in pages", async () => {
    for (let index = 0; index < 25; index++) await client.ask("POST", "/v2/tags", { name: `t-${index}` });
    const first = await client.ask("GET", "/v2/tags");
    expect(Object.keys(first.body["tags"] ?? {})).toHaveLength(20);
    expect(first.body["meta"]).toEqual({ total: 25 });
    expect(first.body["links"]?.["pages"]).toEqual({
      next: "https://api.digitalocean.com/v2/tags?page=2&per_page=20", last: "https://api.digitalocean.com/v2/tags?page=2&per_page=20",
    });
    const second = await client.ask("GET", "/v2/tags?page=2&per_page=20");
    expect(Object.keys(second.body["tags"] ?? {})).toHaveLength(5);
    expect(Object.keys(second.body["links"]?.["pages"] ?? {})).toEqual(["first", "prev"]);
    expect((await client.ask("GET", "/v2/tags?per_page=500")).body["links"]).toEqual({});
    expect((await client.ask("GET", "/v2/tags?page=9")).body["tags"]).toEqual([]);
    for (const query of ["page=0", "page=x", "per_page=-1", "per_page=1.5"]) expect((await client.ask("GET", `/v2/tags?${query}`)).status).toBe(422);
  });

  test("what goes wrong inside is 500 in DigitalOcean's shape, with an id that the log has too", async () => {
    client.datacenter.before = () => Promise.reject(new Error("the bridge fell down"));
    const reply = await client.ask("POST", "/v2/vpcs", { name: "shop", region: "fra1" });
    expect(reply.status).toBe(500);
    expect(reply.body).toMatchObject({ id: "server_error", message: "Unexpected server-side error" });
    expect(client.log).toContainEqual(expect.objectContaining({
      level: "error", message: expect.stringContaining("the bridge fell down"), requestId: reply.body["request_id"],
    }));
  });

  test("hardware that never answers does not keep the client for ever", async () => {
    client.datacenter.before = () => new Promise(() => undefined);
    const pending = client.ask("POST", "/v2/vpcs", { name: "shop", region: "fra1" });
    while (client.datacenter.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.clock.advance(61_000);
    expect((await pending).status).toBe(500);
  });

  test("a client that goes away in the middle of its body does no harm", async () => {
    const request = httpRequest(`${client.url}/v2/vpcs`, { method: "POST", headers: { authorization: `Bearer ${client.token}`, "content-length": "1000" } });
    request.on("error", () => undefined);
    client.api.faults.set({ kind: "delay", milliseconds: 0, count: 1 });
    request.write('{"name":');
    // The fault is used up once the request has arrived.
    while (client.api.faults.list().length > 0) await new Promise((resolve) => setImmediate(resolve));
    client.clock.advance(0);
    request.destroy();
    while (!client.log.some((entry) => entry.message === "request")) await new Promise((resolve) => setImmediate(resolve));
    expect((await client.ask("GET", "/v2/account")).status).toBe(200);
  });

  test("every request is a line in the log, without secrets", async () => {
    await client.ask("POST", "/v2/spaces/keys?x=secret", { name: "k", grants: [] });
    expect(client.log).toContainEqual(expect.objectContaining({ level: "info", message: "request", method: "POST", path: "/v2/spaces/keys", status: 201, token: "owner" }));
    const text = JSON.stringify(client.log);
    for (const secret of [client.token, "secret", client.datacenter.storageKeys[0]?.secretKey ?? "none"]) expect(text).not.toContain(secret);
  });
});

describe("how often", () => {
  test("250 a minute, then 429 with retry-after, for each token by itself", async () => {
    client = await startApi({ settings: { requestsPerMinute: 250, requestsPerHour: 5000 } });
    const other = await client.api.createToken("other", ["*"]);
    let last = await client.ask("GET", "/v2/account");
    expect(last.headers.get("ratelimit-limit")).toBe("5000");
    expect(last.headers.get("ratelimit-remaining")).toBe("4999");
    for (let index = 1; index < 250; index++) last = await client.ask("GET", "/v2/account");
    expect(last.status).toBe(200);
    const refused = await client.ask("GET", "/v2/account");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(refused.body).toMatchObject({ id: "too_many_requests", message: "API rate limit exceeded." });
    expect((await client.ask("GET", "/v2/account", undefined, { token: other })).status).toBe(200);
    client.clock.advance(60_000);
    expect((await client.ask("GET", "/v2/account")).status).toBe(200);
  });

  test("and so many an hour", async () => {
    client = await startApi({ settings: { requestsPerMinute: 1000, requestsPerHour: 3 } });
    for (let index = 0; index < 3; index++) expect((await client.ask("GET", "/v2/account")).status).toBe(200);
    const refused = await client.ask("GET", "/v2/account");
    expect([refused.status, refused.headers.get("retry-after"), refused.headers.get("ratelimit-remaining")]).toEqual([429, "3600", "0"]);
    client.api.settings.requestsPerHour = 10;
    expect((await client.ask("GET", "/v2/account")).status).toBe(200);
  });

  test("the list of ssh keys has a limit of its own", async () => {
    client = await startApi();
    for (let index = 0; index < 10; index++) expect((await client.ask("GET", "/v2/account/keys")).status).toBe(200);
    expect((await client.ask("GET", "/v2/account/keys")).status).toBe(429);
    expect((await client.ask("GET", "/v2/account")).status).toBe(200);
  });
});
