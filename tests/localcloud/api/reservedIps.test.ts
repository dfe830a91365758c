import { aDroplet, startApi, type Client, type Reply } from "./support.ts";

let client: Client;
beforeEach(async () => {
  client = await startApi({ settings: { actionSeconds: 5 } });
});
afterEach(() => client.close());

const reserve = async (): Promise<string> => {
  const reply = await client.ask("POST", "/v2/reserved_ips", { region: "fra1" });
  expect(reply.status).toBe(202);
  return String(reply.body["reserved_ip"]?.["ip"]);
};
const move = (address: string, body: Record<string, unknown>): Promise<Reply> => client.ask("POST", `/v2/reserved_ips/${address}/actions`, body);
const holder = async (address: string): Promise<unknown> =>
  (await client.ask("GET", `/v2/reserved_ips/${address}`)).body["reserved_ip"]?.["droplet"]?.["id"] ?? null;
const pass = async (seconds: number): Promise<void> => {
  client.clock.advance(seconds * 1000);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test("an address moves at the end of the action's time, from one droplet to another", async () => {
  const [one, two] = [await aDroplet(client, { name: "lb-1" }), await aDroplet(client, { name: "lb-2" })];
  const address = await reserve();
  const action = await move(address, { type: "assign", droplet_id: one });
  expect(action.body["action"]).toMatchObject({ type: "assign_ip", status: "in-progress", resource_type: "reserved_ip" });
  expect((await client.ask("GET", `/v2/reserved_ips/${address}`)).body["reserved_ip"]).toMatchObject({ locked: true, droplet: null });
  await pass(4);
  expect(await holder(address)).toBeNull();
  expect(client.datacenter.asked).not.toContain(`reserve ${address} -> ${one}`);
  await pass(2);
  expect(await holder(address)).toBe(one);
  expect((await client.ask("GET", `/v2/reserved_ips/${address}/actions/${String(action.body["action"]?.["id"])}`)).body["action"])
    .toMatchObject({ status: "completed" });

  await move(address, { type: "assign", droplet_id: two });
  await pass(6);
  expect(await holder(address)).toBe(two);
  expect(client.datacenter.asked.at(-1)).toBe(`reserve ${address} -> ${two}`);

  expect((await move(address, { type: "unassign" })).status).toBe(201);
  await pass(6);
  expect(await holder(address)).toBeNull();
  expect((await move(address, { type: "unassign" })).status).toBe(422);
  expect((await client.ask("GET", `/v2/reserved_ips/${address}/actions`)).body["meta"]?.["total"]).toBe(3);
});

test("what keeps a droplet busy keeps an address away, and the other way round", async () => {
  const id = await aDroplet(client);
  const address = await reserve();
  await client.ask("POST", `/v2/droplets/${id}/actions`, { type: "reboot" });
  expect((await move(address, { type: "assign", droplet_id: id })).body["message"]).toBe("Droplet already has a pending event.");
  await pass(6);
  await move(address, { type: "assign", droplet_id: id });
  expect((await client.ask("POST", `/v2/droplets/${id}/actions`, { type: "reboot" })).status).toBe(422);
  expect((await move(address, { type: "assign", droplet_id: id })).body["message"]).toMatch(/pending event/);
});

test("three for an account, one for a droplet", async () => {
  const id = await aDroplet(client);
  const [first, second] = [await reserve(), await reserve(), await reserve()];
  const fourth = await client.ask("POST", "/v2/reserved_ips", { region: "fra1" });
  expect([fourth.status, fourth.body["message"]]).toEqual([422, expect.stringContaining("limit of 3")]);
  await move(first, { type: "assign", droplet_id: id });
  await pass(6);
  expect((await move(second, { type: "assign", droplet_id: id })).body["message"]).toMatch(/already has a reserved IP/);
});

test("reserving for a droplet assigns at once", async () => {
  const id = await aDroplet(client);
  const reply = await client.ask("POST", "/v2/reserved_ips", { droplet_id: id });
  expect(reply.status).toBe(202);
  expect(reply.body["links"]?.["actions"]).toMatchObject([{ rel: "assign_ip" }]);
  await pass(6);
  expect(await holder(String(reply.body["reserved_ip"]?.["ip"]))).toBe(id);
});

test("a deleted address is freed, a deleted droplet loses its own", async () => {
  const id = await aDroplet(client);
  const [one, two] = [await reserve(), await reserve()];
  await move(one, { type: "assign", droplet_id: id });
  await pass(6);
  expect((await client.ask("DELETE", `/v2/reserved_ips/${two}`)).status).toBe(204);
  expect((await client.ask("GET", `/v2/reserved_ips/${two}`)).status).toBe(404);
  await client.ask("DELETE", `/v2/droplets/${id}`);
  await client.api.idle();
  expect(await holder(one)).toBeNull();
  expect(client.datacenter.asked.indexOf(`reserve ${one} -> null`)).toBeLessThan(client.datacenter.asked.indexOf(`destroy ${id}`));
});

test.each([
  [{ type: "assign", droplet_id: 7 }, /Droplet 7 does not exist/],
  [{ type: "assign" }, /droplet_id/],
  [{ type: "steal" }, /type/],
])("%j is refused", async (body, expected) => {
  const reply = await move(await reserve(), body);
  expect([reply.status, reply.body["message"]]).toEqual([422, expect.stringMatching(expected)]);
});

test.each([[{}], [{ region: "mars1" }], [{ region: "fra1", droplet_id: 1 }]])("reserving with %j is refused", async (body) => {
  expect((await client.ask("POST", "/v2/reserved_ips", body)).status).toBe(422);
});

test("the old name still works", async () => {
  const reply = await client.ask("POST", "/v2/floating_ips", { region: "fra1" });
  const address = String(reply.body["floating_ip"]?.["ip"]);
  expect((await client.ask("GET", "/v2/floating_ips")).body["floating_ips"]).toMatchObject([{ ip: address }]);
  expect((await client.ask("GET", `/v2/reserved_ips/${address}`)).status).toBe(200);
  expect((await client.ask("DELETE", `/v2/floating_ips/${address}`)).status).toBe(204);
});
