import { aDroplet, startApi, type Client } from "./support.ts";

let client: Client;
let id: number;
beforeEach(async () => {
  client = await startApi({ settings: { actionSeconds: 10 } });
  id = await aDroplet(client);
});
afterEach(() => client.close());

const act = async (body: Record<string, unknown>): Promise<number> => {
  const reply = await client.ask("POST", `/v2/droplets/${id}/actions`, body);
  expect(reply.status).toBe(201);
  expect(reply.body["action"]).toMatchObject({ status: "in-progress", completed_at: null, type: body["type"], resource_type: "droplet" });
  return Number(reply.body["action"]?.["id"]);
};
const status = async (): Promise<unknown> => (await client.ask("GET", `/v2/droplets/${id}`)).body["droplet"]?.["status"];
const pass = async (seconds: number): Promise<void> => {
  client.clock.advance(seconds * 1000);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test.each([
  ["power_off", [`power %s off`], "off"],
  ["shutdown", ["power %s shutdown"], "off"],
  ["power_on", ["power %s on"], "active"],
  ["power_cycle", ["power %s off", "power %s on"], "active"],
  ["reboot", ["power %s reboot"], "active"],
])("%s has its effect at the end of its time, by its own clock", async (type, asked, end) => {
  client.datacenter.asked.length = 0;
  const action = await act({ type });
  await pass(9);
  expect(client.datacenter.asked).toEqual([]);
  expect((await client.ask("GET", `/v2/droplets/${id}`)).body["droplet"]).toMatchObject({ locked: true, status: "active" });
  await pass(2);
  expect(client.datacenter.asked).toEqual(asked.map((line) => line.replace("%s", String(id))));
  expect(await status()).toBe(end);
  const done = await client.ask("GET", `/v2/droplets/${id}/actions/${action}`);
  expect(done.body["action"]).toMatchObject({ status: "completed", completed_at: expect.any(String) });
  expect((await client.ask("GET", `/v2/actions/${action}`)).body).toEqual(done.body);
});

test("a second action waits for the first: 422 with the words that the official provider knows", async () => {
  await act({ type: "power_off" });
  const second = await client.ask("POST", `/v2/droplets/${id}/actions`, { type: "power_on" });
  expect(second.status).toBe(422);
  expect(second.body).toMatchObject({ id: "unprocessable_entity", message: "Droplet already has a pending event." });
  await pass(11);
  await act({ type: "power_on" });
});

test("an action that fails is errored, and says why in the log", async () => {
  client.datacenter.before = () => Promise.reject(new Error("the plug is stuck"));
  const action = await act({ type: "power_off" });
  await pass(11);
  expect((await client.ask("GET", `/v2/actions/${action}`)).body["action"]).toMatchObject({ status: "errored", completed_at: expect.any(String) });
  expect(await status()).toBe("active");
  expect(client.log).toContainEqual(expect.objectContaining({ level: "warn", message: expect.stringContaining("the plug is stuck") }));
});

test("rename and resize", async () => {
  await act({ type: "rename", name: "app-9" });
  await pass(11);
  expect((await client.ask("POST", `/v2/droplets/${id}/actions`, { type: "resize", size: "s-1vcpu-2gb" })).status).toBe(422);
  await act({ type: "power_off" });
  await pass(11);
  await act({ type: "resize", size: "s-1vcpu-2gb", disk: true });
  await pass(11);
  expect(client.datacenter.racked.get(id)).toMatchObject({ vcpus: 1, memoryMiB: 2048, diskGiB: 50 });
  expect((await client.ask("GET", `/v2/droplets/${id}`)).body["droplet"]).toMatchObject({
    name: "app-9", size_slug: "s-1vcpu-2gb", memory: 2048, disk: 50,
  });
  expect((await client.ask("POST", `/v2/droplets/${id}/actions`, { type: "resize", size: "s-1vcpu-1gb" })).status).toBe(422);
});

test.each([
  [{ type: "enable_ipv6" }, /no IPv6/],
  [{ type: "snapshot", name: "s" }, /no snapshots/],
  [{ type: "dance" }, /type/],
  [{ type: "rename" }, /name/],
  [{ type: "rename", name: "not valid!" }, /hostname characters/],
  [{ type: "resize", size: "xxl" }, /invalid size/],
  [{}, /type/],
])("%j is refused with a reason", async (body, expected) => {
  const reply = await client.ask("POST", `/v2/droplets/${id}/actions`, body);
  expect(reply.status).toBe(422);
  expect(reply.body["message"]).toMatch(expected);
});

test("an action under way ends when its droplet is deleted", async () => {
  const action = await act({ type: "power_off" });
  await client.ask("DELETE", `/v2/droplets/${id}`);
  await client.api.idle();
  await pass(11);
  expect((await client.ask("GET", `/v2/actions/${action}`)).body["action"]).toMatchObject({ status: "errored" });
  expect(client.datacenter.asked).not.toContain(`power ${id} off`);
});

test("after a power loss, which the API never learns of, a power cycle is possible", async () => {
  client.datacenter.racked.delete(id);
  expect(await status()).toBe("active");
  await act({ type: "power_cycle" });
  await pass(11);
  expect(await status()).toBe("active");
});

test("a resize that the datacenter cannot do changes nothing", async () => {
  await act({ type: "power_off" });
  await pass(11);
  client.datacenter.before = (what) => (what.startsWith("resize") ? Promise.reject(new Error("the case is stuck")) : Promise.resolve());
  const action = await act({ type: "resize", size: "s-1vcpu-2gb" });
  await pass(11);
  expect((await client.ask("GET", `/v2/actions/${action}`)).body["action"]).toMatchObject({ status: "errored" });
  expect((await client.ask("GET", `/v2/droplets/${id}`)).body["droplet"]).toMatchObject({ size_slug: "s-1vcpu-1gb", memory: 1024 });
});

test("a droplet that powers itself off is off, and can be powered on again", async () => {
  await client.datacenter.powerOffInside(id);
  expect(await status()).toBe("off");
  await act({ type: "power_on" });
  await pass(11);
  expect(await status()).toBe("active");
  await client.ask("DELETE", `/v2/droplets/${id}`);
  await client.api.idle();
  await expect(client.datacenter.powerOffInside(id)).resolves.toBeUndefined();
});

test("only so many finished actions are remembered", async () => {
  for (let round = 0; round < 520; round++) {
    await act({ type: "power_on" });
    await pass(11);
  }
  expect(client.api.cloud.state.actions).toHaveLength(500);
}, 60_000);
