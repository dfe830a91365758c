import { aDroplet, aKey, anOrder, startApi, type Client } from "./support.ts";

let client: Client;
beforeEach(async () => {
  client = await startApi();
});
afterEach(() => client.close());

test.each([
  ["a name that is no host name", { name: "not valid!" }, "Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)"],
  ["no name", { name: undefined }, /`name` or `names`/],
  ["an unknown region", { region: "mars1" }, /invalid region.*mars1/],
  ["an unknown size", { size: "s-64vcpu" }, /invalid size/],
  ["an unknown image", { image: "windows-95" }, /invalid image/],
  ["an unknown ssh key", { ssh_keys: [7, "aa:bb"] }, /\[7,"aa:bb"\] are invalid key identifiers/],
  ["an unknown VPC", { vpc_uuid: "5a4981aa-9653-4bd1-bef5-d6bff52042e4" }, /invalid vpc_uuid/],
  ["user-data over 64 KiB", { user_data: "x".repeat(65_537) }, /64 KiB/],
  ["user-data over 64 KiB, counted in bytes", { user_data: "é".repeat(32_769) }, /64 KiB/],
  ["IPv6", { ipv6: true }, /no IPv6/],
  ["backups", { backups: true }, /no droplet backups/],
  ["volumes", { volumes: ["x"] }, /no volumes/],
  ["a bad tag", { tags: ["a b"] }, /tags/],
  ["an unknown field", { colour: "red" }, /colour/],
  ["a wrong type", { monitoring: "yes" }, /monitoring/],
])("no droplet with %s", async (_name, change, expected) => {
  const reply = await client.ask("POST", "/v2/droplets", { ...anOrder, ...change });
  expect(reply.status).toBe(422);
  expect(reply.body["id"]).toBe("unprocessable_entity");
  expect(reply.body["message"]).toEqual(typeof expected === "string" ? expect.stringContaining(expected) : expect.stringMatching(expected));
  expect(client.api.cloud.state.droplets).toEqual([]);
});

test("what the official client sends without need is no error", async () => {
  const key = await client.ask("POST", "/v2/account/keys", { name: "ops", public_key: aKey });
  for (const keys of [null, [], [key.body["ssh_key"]?.["id"]], [String(key.body["ssh_key"]?.["id"])], [key.body["ssh_key"]?.["fingerprint"]]]) {
    await aDroplet(client, {
      ssh_keys: keys, backups: false, ipv6: false, private_networking: false, monitoring: true, tags: [], volumes: null, user_data: "x".repeat(65_536),
    });
  }
});

test("not more droplets than the account's limit", async () => {
  client.api.cloud.state.account.dropletLimit = 2;
  await aDroplet(client);
  expect((await client.ask("POST", "/v2/droplets", { ...anOrder, name: undefined, names: ["a", "b"] })).status).toBe(422);
  const second = await aDroplet(client);
  const third = await client.ask("POST", "/v2/droplets", anOrder);
  expect([third.status, third.body["message"]]).toEqual([422, expect.stringContaining("exceed your droplet limit")]);
  await client.ask("DELETE", `/v2/droplets/${second}`);
  await aDroplet(client);
});

test("not more droplets than the VPC has addresses", async () => {
  const vpc = await client.ask("POST", "/v2/vpcs", { name: "tiny", region: "fra1", ip_range: "10.10.0.0/28" });
  const vpc_uuid = vpc.body["vpc"]?.["id"];
  const names = Array.from({ length: 10 }, (_, index) => `a-${index}`);
  await client.ask("POST", "/v2/droplets", { ...anOrder, name: undefined, names, vpc_uuid });
  for (const name of ["b-1", "b-2", "b-3"]) await aDroplet(client, { name, vpc_uuid });
  const one = await client.ask("POST", "/v2/droplets", { ...anOrder, vpc_uuid });
  expect([one.status, one.body["message"]]).toEqual([422, expect.stringContaining("no free address")]);
  const addresses = client.api.cloud.state.droplets.map((droplet) => droplet.privateNic.address);
  expect(new Set(addresses).size).toBe(13);
});

describe("VPCs", () => {
  const make = (body: Record<string, unknown>): ReturnType<Client["ask"]> => client.ask("POST", "/v2/vpcs", { name: "shop", region: "fra1", ...body });

  test("change, and go when nobody is in them any more", async () => {
    const made = await make({ ip_range: "10.10.0.0/20", description: "x" });
    const path = `/v2/vpcs/${String(made.body["vpc"]?.["id"])}`;
    expect((await client.ask("PUT", path, { name: "renamed", description: "y", default: false })).body["vpc"]).toMatchObject({ name: "renamed", description: "y", ip_range: "10.10.0.0/20" });
    expect((await client.ask("PATCH", path, { name: "again" })).body["vpc"]).toMatchObject({ name: "again", description: "y" });
    const droplet = await aDroplet(client, { vpc_uuid: made.body["vpc"]?.["id"] });
    const busy = await client.ask("DELETE", path);
    expect([busy.status, busy.body["message"]]).toEqual([403, "Can not delete VPC with members"]);
    let release = (): void => undefined;
    client.datacenter.before = (what) => (what.startsWith("destroy") ? new Promise((resolve) => (release = resolve)) : Promise.resolve());
    await client.ask("DELETE", `/v2/droplets/${droplet}`);
    while (!client.datacenter.asked.includes(`destroy ${droplet}`)) await new Promise((resolve) => setImmediate(resolve));
    expect((await client.ask("DELETE", path)).status).toBe(403);
    release();
    await client.api.idle();
    expect((await client.ask("DELETE", path)).status).toBe(204);
    expect(client.datacenter.vpcs).toEqual([]);
    expect((await client.ask("GET", path)).status).toBe(404);
  });

  test.each([
    [{ name: "other", ip_range: "10.10.8.0/24" }, /overlaps/],
    [{ ip_range: "10.20.0.0/20" }, /name is already being used/],
    [{ name: "other", ip_range: "10.17.0.0/20" }, /overlaps/],
    [{ name: "other", ip_range: "8.8.8.0/24" }, /RFC 1918/],
    [{ name: "other", region: "mars1" }, /invalid region/],
    [{ name: "a b" }, /name/],
    [{ name: "other", colour: "red" }, /colour/],
  ])("beside a first one, %j is refused", async (body, expected) => {
    await make({ ip_range: "10.10.0.0/20" });
    const reply = await make(body);
    expect([reply.status, reply.body["message"]]).toEqual([422, expect.stringMatching(expected)]);
  });

  test("two at once with the same range: one wins", async () => {
    const both = await Promise.all([make({ name: "a", ip_range: "10.10.0.0/20" }), make({ name: "b", ip_range: "10.10.0.0/20" })]);
    expect(both.map((reply) => reply.status).sort()).toEqual([201, 422]);
  });

  test("a droplet that names none gets the region's default one, also when two come at once", async () => {
    const both = await Promise.all([client.ask("POST", "/v2/droplets", anOrder), client.ask("POST", "/v2/droplets", { ...anOrder, name: "b" })]);
    expect(both.map((reply) => reply.status)).toEqual([202, 202]);
    const vpcs = await client.ask("GET", "/v2/vpcs");
    expect(vpcs.body["vpcs"]).toMatchObject([{ name: "default-fra1", default: true }]);
    await client.settle();
    for (const reply of both) await client.ask("DELETE", `/v2/droplets/${String(reply.body["droplet"]?.["id"])}`);
    await client.api.idle();
    expect((await client.ask("DELETE", `/v2/vpcs/${String(vpcs.body["vpcs"]?.["0"]?.["id"])}`)).body["message"]).toBe("Can not delete default VPC");
  });
});

describe("tags", () => {
  test("are idempotent and know no case", async () => {
    await client.ask("POST", "/v2/tags", { name: "Tier:App" });
    expect((await client.ask("POST", "/v2/tags", { name: "tier:app" })).body["tag"]).toMatchObject({ name: "Tier:App" });
    expect((await client.ask("GET", "/v2/tags/TIER:APP")).status).toBe(200);
    expect((await client.ask("GET", "/v2/tags")).body["meta"]).toEqual({ total: 1 });
  });

  test.each([[{ name: "a b" }], [{ name: "" }], [{ name: "x".repeat(256) }], [{}]])("%j is none", async (body) => {
    expect((await client.ask("POST", "/v2/tags", body)).status).toBe(422);
  });

  test("only what exists is tagged, and only droplets are", async () => {
    await client.ask("POST", "/v2/tags", { name: "a" });
    const tag = (resources: unknown): ReturnType<Client["ask"]> => client.ask("POST", "/v2/tags/a/resources", { resources });
    expect((await tag([{ resource_id: "7", resource_type: "droplet" }])).status).toBe(404);
    expect((await tag([{ resource_id: "7", resource_type: "volume" }])).status).toBe(422);
    expect((await client.ask("POST", "/v2/tags/none/resources", { resources: [{ resource_id: "7", resource_type: "droplet" }] })).status).toBe(404);
  });
});
