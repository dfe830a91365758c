import { aDroplet, anOrder, startApi, type Client } from "./support.ts";

let client: Client;
beforeEach(async () => {
  client = await startApi();
  await client.ask("POST", "/v2/tags", { name: "app" });
});
afterEach(() => client.close());

const anywhere = { addresses: ["0.0.0.0/0", "::/0"] };
const web = { protocol: "tcp", ports: "443", sources: anywhere };
const aFirewall = { name: "web", inbound_rules: [web], outbound_rules: [{ protocol: "icmp", destinations: anywhere }], droplet_ids: null, tags: ["app"] };

async function make(change: Record<string, unknown> = {}): Promise<string> {
  const reply = await client.ask("POST", "/v2/firewalls", { ...aFirewall, ...change });
  expect(reply.status).toBe(202);
  return String(reply.body["firewall"]?.["id"]);
}

test("made, read, changed as a whole, deleted; each time it is in force before the answer", async () => {
  const id = await make();
  expect((await client.ask("GET", `/v2/firewalls/${id}`)).body["firewall"]).toMatchObject({
    name: "web", status: "succeeded", tags: ["app"], droplet_ids: [],
    inbound_rules: [web], outbound_rules: [{ protocol: "icmp", ports: "0", destinations: anywhere }],
  });
  expect(client.datacenter.firewalls).toMatchObject([{ id, inbound: [{ protocol: "tcp" }], outbound: [{ protocol: "icmp" }] }]);
  const changed = await client.ask("PUT", `/v2/firewalls/${id}`, { ...aFirewall, outbound_rules: null });
  expect(changed.body["firewall"]).toMatchObject({ outbound_rules: [] });
  expect(client.datacenter.firewalls).toMatchObject([{ id, outbound: [] }]);
  expect((await client.ask("DELETE", `/v2/firewalls/${id}`)).status).toBe(204);
  expect(client.datacenter.firewalls).toEqual([]);
  expect((await client.ask("DELETE", `/v2/firewalls/${id}`)).status).toBe(404);
});

test("droplets, tags and rules come and go one by one", async () => {
  const droplet = await aDroplet(client);
  const id = await make({ tags: [] });
  const members = (): number[] | undefined => client.datacenter.firewalls[0]?.members;
  const change = async (method: string, part: string, body: unknown): Promise<void> => {
    expect((await client.ask(method, `/v2/firewalls/${id}/${part}`, body)).status).toBe(204);
  };
  await change("POST", "droplets", { droplet_ids: [droplet] });
  expect(members()).toEqual([droplet]);
  expect((await client.ask("GET", `/v2/droplets/${droplet}/firewalls`)).body["firewalls"]).toMatchObject([{ id }]);
  await change("DELETE", "droplets", { droplet_ids: [droplet] });
  expect(members()).toEqual([]);
  await change("POST", "tags", { tags: ["app"] });
  expect((await client.ask("POST", "/v2/tags/app/resources", { resources: [{ resource_id: String(droplet), resource_type: "droplet" }] })).status).toBe(204);
  expect(members()).toEqual([droplet]);
  expect((await client.ask("DELETE", "/v2/tags/app/resources", { resources: [{ resource_id: String(droplet), resource_type: "droplet" }] })).status).toBe(204);
  expect(members()).toEqual([]);
  await change("DELETE", "tags", { tags: ["app"] });
  const ssh = { inbound_rules: [{ protocol: "tcp", ports: "22", sources: { addresses: ["192.0.2.0/24"] } }] };
  await change("POST", "rules", ssh);
  await change("POST", "rules", ssh);
  expect(client.datacenter.firewalls[0]?.inbound).toHaveLength(2);
  await change("DELETE", "rules", ssh);
  expect(client.datacenter.firewalls[0]?.inbound).toHaveLength(1);
});

test("a new droplet's firewall is in force before its machine is racked", async () => {
  const id = await make();
  client.datacenter.asked.length = 0;
  const droplet = await aDroplet(client, { tags: ["app"] });
  expect(client.datacenter.asked).toEqual(["add vpc 10.116.0.0/20", "firewalls", `create ${droplet}`]);
  expect(client.datacenter.firewalls).toMatchObject([{ id, members: [droplet] }]);
});

test("no droplet comes up whose firewall cannot be applied", async () => {
  await make();
  client.datacenter.before = (what) => (what === "firewalls" ? Promise.reject(new Error("nft said no")) : Promise.resolve());
  const droplet = await aDroplet(client, { tags: ["app"] });
  expect((await client.ask("GET", `/v2/droplets/${droplet}`)).body["droplet"]).toMatchObject({ status: "off" });
  expect(client.datacenter.racked.size).toBe(0);
});

test("a change that cannot be applied is not in the account either", async () => {
  const id = await make();
  const before = (await client.ask("GET", `/v2/firewalls/${id}`)).body;
  client.datacenter.before = () => Promise.reject(new Error("nft said no"));
  expect((await client.ask("POST", "/v2/firewalls", { ...aFirewall, name: "second" })).status).toBe(500);
  expect((await client.ask("PUT", `/v2/firewalls/${id}`, { ...aFirewall, name: "other" })).status).toBe(500);
  expect((await client.ask("DELETE", `/v2/firewalls/${id}`)).status).toBe(500);
  expect((await client.ask("GET", "/v2/firewalls")).body["meta"]?.["total"]).toBe(1);
  expect((await client.ask("GET", `/v2/firewalls/${id}`)).body).toEqual(before);
});

test("deleting a tag takes it from droplets, firewalls and rules", async () => {
  const droplet = await aDroplet(client, { tags: ["app"] });
  const id = await make({ inbound_rules: [{ protocol: "tcp", ports: "all", sources: { tags: ["app"] } }] });
  expect((await client.ask("GET", "/v2/tags/app")).body["tag"]?.["resources"]).toMatchObject({ count: 1, droplets: { count: 1 } });
  expect((await client.ask("DELETE", "/v2/tags/app")).status).toBe(204);
  expect((await client.ask("GET", `/v2/droplets/${droplet}`)).body["droplet"]?.["tags"]).toEqual([]);
  expect((await client.ask("GET", `/v2/firewalls/${id}`)).body["firewall"]).toMatchObject({ tags: [], inbound_rules: [{ sources: {} }] });
  expect(client.datacenter.firewalls).toMatchObject([{ members: [], inbound: [] }]);
});

test("a name is used once", async () => {
  await make();
  const again = await client.ask("POST", "/v2/firewalls", aFirewall);
  expect([again.status, again.body["message"]]).toEqual([409, "duplicate name"]);
});

const many = <T>(count: number, each: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => each(index));

test.each([
  ["another protocol", { inbound_rules: [{ ...web, protocol: "vrrp" }] }, /tcp, udp and icmp only/],
  ["ports that are none", { inbound_rules: [{ ...web, ports: "http" }] }, /inbound_rules\.0\.ports/],
  ["no ports for tcp", { inbound_rules: [{ ...web, ports: undefined }] }, /inbound_rules\.0\.ports/],
  ["an address that is none", { inbound_rules: [{ ...web, sources: { addresses: ["10.0.0.300"] } }] }, /invalid address/],
  ["a tag that does not exist", { tags: ["nobody"] }, /"nobody" does not exist/],
  ["such a tag in a rule", { inbound_rules: [{ ...web, sources: { tags: ["nobody"] } }] }, /"nobody" does not exist/],
  ["a droplet that does not exist", { droplet_ids: [7] }, /Droplet 7/],
  ["a load balancer", { inbound_rules: [{ ...web, sources: { load_balancer_uids: ["x"] } }] }, /no load balancers/],
  ["no sources", { inbound_rules: [{ protocol: "tcp", ports: "80" }] }, /sources/],
  ["no rule at all", { inbound_rules: null, outbound_rules: null }, /at least one/],
  ["51 rules", { inbound_rules: many(50, (index) => ({ ...web, ports: String(index + 1) })) }, /at most 50 rules/],
  ["1001 sources", { inbound_rules: [{ ...web, sources: { addresses: many(1001, () => "192.0.2.1") } }] }, /at most 1000/],
  ["a bad name", { name: "-web" }, /name/],
  ["an unknown field", { colour: "red" }, /colour/],
])("refused: %s", async (_name, change, expected) => {
  const reply = await client.ask("POST", "/v2/firewalls", { ...aFirewall, ...change });
  expect([reply.status, reply.body["message"]]).toEqual([422, expect.stringMatching(expected)]);
});

test("eleven droplet ids and six tags are too many, also bit by bit", async () => {
  const made = await client.ask("POST", "/v2/droplets", { ...anOrder, name: undefined, names: many(10, (index) => `a-${index}`) });
  const ids = many(10, (index) => Number(made.body["droplets"]?.[String(index)]?.["id"]));
  const eleventh = await aDroplet(client);
  const id = await make({ droplet_ids: ids });
  expect((await client.ask("POST", `/v2/firewalls/${id}/droplets`, { droplet_ids: [eleventh] })).body["message"]).toMatch(/at most 10 droplet ids/);
  const tags = many(6, (index) => `t-${index}`);
  for (const name of tags) await client.ask("POST", "/v2/tags", { name });
  expect((await client.ask("POST", `/v2/firewalls/${id}/tags`, { tags })).body["message"]).toMatch(/at most 5 tags/);
});
