import { aDroplet, aKey, anOrder, otherKey, startApi, type Client } from "./support.ts";

let client: Client;
beforeEach(async () => {
  client = await startApi();
});
afterEach(() => client.close());

test("the account and the catalogue", async () => {
  expect((await client.ask("GET", "/v2/account")).body["account"]).toMatchObject({ droplet_limit: 100, floating_ip_limit: 3, status: "active" });
  for (const list of ["regions", "sizes", "images"]) {
    const reply = await client.ask("GET", `/v2/${list}`);
    expect(reply.status).toBe(200);
    expect(Number(reply.body["meta"]?.["total"])).toBeGreaterThan(0);
  }
  const image = await client.ask("GET", "/v2/images/debian-13-x64");
  expect((await client.ask("GET", `/v2/images/${String(image.body["image"]?.["id"])}`)).body).toEqual(image.body);
  expect((await client.ask("GET", "/v2/images/windows-95")).status).toBe(404);
});

test("an ssh key: byte for byte, by id and by fingerprint", async () => {
  const made = await client.ask("POST", "/v2/account/keys", { name: "ops", public_key: aKey });
  expect(made.status).toBe(201);
  expect(made.body["ssh_key"]).toMatchObject({ name: "ops", public_key: aKey, fingerprint: "c3:30:23:a0:aa:07:7e:c3:2c:f9:05:10:52:a6:67:3e" });
  const id = String(made.body["ssh_key"]?.["id"]);
  const fingerprint = String(made.body["ssh_key"]?.["fingerprint"]);
  expect((await client.ask("GET", `/v2/account/keys/${fingerprint}`)).body).toEqual(made.body);
  expect((await client.ask("POST", "/v2/account/keys", { name: "again", public_key: aKey })).status).toBe(422);
  expect((await client.ask("POST", "/v2/account/keys", { name: "bad", public_key: "ssh-ed25519 nonsense" })).status).toBe(422);
  expect((await client.ask("PUT", `/v2/account/keys/${id}`, { name: "renamed" })).body["ssh_key"]).toMatchObject({ name: "renamed", public_key: aKey });
  await client.ask("POST", "/v2/account/keys", { name: "other", public_key: otherKey });
  expect((await client.ask("GET", "/v2/account/keys?per_page=1")).body["links"]?.["pages"]?.["next"]).toMatch(/page=2/);
  expect((await client.ask("DELETE", `/v2/account/keys/${id}`)).status).toBe(204);
  expect((await client.ask("GET", `/v2/account/keys/${id}`)).status).toBe(404);
});

test("a droplet is new and locked, then active with its addresses, then gone at once", async () => {
  const key = await client.ask("POST", "/v2/account/keys", { name: "ops", public_key: aKey });
  const vpc = await client.ask("POST", "/v2/vpcs", { name: "shop", region: "fra1", ip_range: "10.10.0.0/20" });
  const made = await client.ask("POST", "/v2/droplets", {
    ...anOrder, vpc_uuid: vpc.body["vpc"]?.["id"], ssh_keys: [key.body["ssh_key"]?.["id"]], user_data: "#cloud-config\n", tags: ["tier:app"],
  });
  expect(made.status).toBe(202);
  expect(made.body["droplet"]).toMatchObject({ status: "new", locked: true, networks: { v4: [], v6: [] }, tags: ["tier:app"] });
  const id = Number(made.body["droplet"]?.["id"]);
  await client.settle();

  const up = (await client.ask("GET", `/v2/droplets/${id}`)).body["droplet"];
  expect(up).toMatchObject({ status: "active", locked: false });
  expect(up?.["networks"]?.["v4"]).toEqual([
    { ip_address: "198.18.1.1", netmask: "255.255.0.0", gateway: "198.18.0.1", type: "public" },
    { ip_address: "10.10.0.2", netmask: "255.255.240.0", gateway: "10.10.0.1", type: "private" },
  ]);
  expect(client.datacenter.racked.get(id)).toMatchObject({
    name: "app-1", userData: "#cloud-config\n", sshKeys: [aKey], vcpus: 1, memoryMiB: 1024,
    nics: {
      public: { mac: "02:fe:17:d9:0a:a0", address: "198.18.1.1", anchorAddress: "10.17.0.2" },
      private: { mac: "02:00:17:d9:0a:a0", address: "10.10.0.2", prefix: 20 },
    },
  });
  const action = (await client.ask("GET", `/v2/actions/${String(made.body["links"]?.["actions"]?.["0"]?.["id"])}`)).body["action"];
  expect(action).toMatchObject({ status: "completed", type: "create", resource_id: id });
  expect((await client.ask("GET", `/v2/vpcs/${String(vpc.body["vpc"]?.["id"])}/members`)).body["members"]).toMatchObject([{ urn: `do:droplet:${id}` }]);

  expect((await client.ask("DELETE", `/v2/droplets/${id}`)).status).toBe(204);
  expect((await client.ask("GET", `/v2/droplets/${id}`)).status).toBe(404);
  await client.settle();
  expect(client.datacenter.racked.size).toBe(0);
});

test("a droplet without a public interface has no public address, and can get none", async () => {
  const id = await aDroplet(client, { public_networking: false });
  expect((await client.ask("GET", `/v2/droplets/${id}`)).body["droplet"]?.["networks"]?.["v4"]).toMatchObject([{ type: "private" }]);
  expect(client.datacenter.racked.get(id)?.nics.public).toBeNull();
  const reserved = await client.ask("POST", "/v2/reserved_ips", { region: "fra1" });
  const refused = await client.ask("POST", `/v2/reserved_ips/${String(reserved.body["reserved_ip"]?.["ip"])}/actions`, { type: "assign", droplet_id: id });
  expect(refused.status).toBe(422);
});

test("several droplets by one request, found and deleted by tag and name", async () => {
  const made = await client.ask("POST", "/v2/droplets", { ...anOrder, name: undefined, names: ["a-1", "a-2"], tags: ["pool"] });
  expect(made.status).toBe(202);
  await aDroplet(client, { name: "b-1" });
  const total = async (query: string): Promise<unknown> => (await client.ask("GET", `/v2/droplets${query}`)).body["meta"]?.["total"];
  expect([await total(""), await total("?tag_name=pool"), await total("?name=a-2"), await total("?type=gpus")]).toEqual([3, 2, 1, 0]);
  expect((await client.ask("DELETE", "/v2/droplets")).status).toBe(422);
  expect((await client.ask("DELETE", "/v2/droplets?tag_name=nowhere")).status).toBe(404);
  expect((await client.ask("DELETE", "/v2/droplets?tag_name=pool")).status).toBe(204);
  expect(await total("")).toBe(1);
});

test("a machine that does not come up leaves the droplet off and its action errored", async () => {
  client.datacenter.before = (what) => (what.startsWith("create") ? Promise.reject(new Error("no disk")) : Promise.resolve());
  const id = await aDroplet(client);
  expect((await client.ask("GET", `/v2/droplets/${id}`)).body["droplet"]).toMatchObject({ status: "off", locked: false });
  expect((await client.ask("GET", `/v2/droplets/${id}/actions`)).body["actions"]).toMatchObject([{ type: "create", status: "errored" }]);
  expect(client.log).toContainEqual(expect.objectContaining({ level: "error", message: expect.stringContaining("no disk") }));
  expect(client.api.expectedMachines()).toEqual([]);
  client.datacenter.before = () => Promise.resolve();
  const action = await client.ask("POST", `/v2/droplets/${id}/actions`, { type: "power_on" });
  await client.settle();
  expect((await client.ask("GET", `/v2/actions/${String(action.body["action"]?.["id"])}`)).body["action"]).toMatchObject({ status: "errored" });
  await client.ask("DELETE", `/v2/droplets/${id}`);
  await client.api.idle();
  expect(client.datacenter.asked).toContain(`destroy ${id}`);
});

test("a machine that cannot be destroyed is tried again, and keeps its addresses until it is gone", async () => {
  const id = await aDroplet(client);
  let failures = 2;
  client.datacenter.before = (what) => (what === `destroy ${id}` && failures-- > 0 ? Promise.reject(new Error("busy")) : Promise.resolve());
  await client.ask("DELETE", `/v2/droplets/${id}`);
  await new Promise((resolve) => setImmediate(resolve));
  expect(client.api.cloud.state.droplets).toHaveLength(1);
  for (let second = 0; second < 5; second++) {
    client.clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.api.idle();
  expect(client.datacenter.asked.filter((what) => what === `destroy ${id}`)).toHaveLength(3);
  expect(client.api.cloud.state.droplets).toHaveLength(0);
  expect(client.api.cloud.state.pools.public.freed).toEqual(["198.18.1.1"]);
});

test("a second try at forgetting a machine takes no other droplet along", async () => {
  const [leaving, staying] = [await aDroplet(client), await aDroplet(client, { name: "app-2" })];
  let gone = false;
  client.datacenter.before = (what) => {
    if (what === `destroy ${leaving}`) gone = true;
    const fails = what === "firewalls" && gone;
    if (fails) client.datacenter.before = () => Promise.resolve();
    return fails ? Promise.reject(new Error("nft is busy")) : Promise.resolve();
  };
  await client.ask("DELETE", `/v2/droplets/${leaving}`);
  await new Promise((resolve) => setImmediate(resolve));
  // Takes the address that the first try has given back, once there is no other left.
  client.api.cloud.state.pools.public.next = "198.18.255.255";
  const heir = await client.ask("POST", "/v2/droplets", { ...anOrder, name: "app-3" });
  await client.settle();
  expect(client.api.cloud.state.droplets.map(({ id, publicNic }) => [id, publicNic?.address])).toEqual([
    [staying, "198.18.1.2"], [heir.body["droplet"]?.["id"], "198.18.1.1"],
  ]);
  expect(client.api.cloud.state.pools.public.freed).toEqual([]);
});

test("a spaces key shows its secret once, and the object storage knows it before the client does", async () => {
  const made = await client.ask("POST", "/v2/spaces/keys", { name: "backup", grants: [{ bucket: "shop", permission: "readwrite" }] });
  expect(made.status).toBe(201);
  const accessKey = String(made.body["key"]?.["access_key"]);
  expect(client.datacenter.storageKeys).toEqual([
    { accessKey, secretKey: made.body["key"]?.["secret_key"], grants: [{ bucket: "shop", permission: "readwrite" }] },
  ]);
  expect((await client.ask("GET", `/v2/spaces/keys/${accessKey}`)).body["key"]).not.toHaveProperty("secret_key");
  const changed = await client.ask("PUT", `/v2/spaces/keys/${accessKey}`, { name: "all", grants: [{ bucket: "", permission: "fullaccess" }] });
  expect(changed.body["key"]).toMatchObject({ name: "all", grants: [{ bucket: "", permission: "fullaccess" }] });
  expect((await client.ask("PATCH", `/v2/spaces/keys/${accessKey}`, { name: "some" })).body["key"]).toMatchObject({ name: "some", grants: [{ permission: "fullaccess" }] });
  const mixed = { name: "mixed", grants: [{ bucket: "", permission: "fullaccess" }, { bucket: "b", permission: "read" }] };
  expect((await client.ask("POST", "/v2/spaces/keys", mixed)).status).toBe(400);
  expect((await client.ask("GET", "/v2/spaces/keys?bucket=other")).body["meta"]?.["total"]).toBe(0);
  expect((await client.ask("DELETE", `/v2/spaces/keys/${accessKey}`)).status).toBe(204);
  expect(client.datacenter.storageKeys).toEqual([]);
});
