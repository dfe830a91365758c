import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../../localcloud/api/state/store.ts";
import { aDroplet, aKey, anOrder, ManualClock, PaperDatacenter, startApi, type Client } from "./support.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "localcloud-api-"));
  file = join(folder, "deep", "account.json");
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((client) => client.close()));
  await rm(folder, { recursive: true });
});

const clock = new ManualClock();
const started: Client[] = [];
const start = async (datacenter: PaperDatacenter): Promise<Client> => {
  const client = await startApi({ store: await openStore(file), datacenter, clock, settings: { actionSeconds: 10 } });
  started.push(client);
  return client;
};
const turn = async (): Promise<void> => {
  for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
};

test("after a restart the API says the same", async () => {
  const before = await start(new PaperDatacenter());
  await before.ask("POST", "/v2/account/keys", { name: "ops", public_key: aKey });
  await before.ask("POST", "/v2/tags", { name: "app" });
  await before.ask("POST", "/v2/spaces/keys", { name: "k", grants: [{ bucket: "b", permission: "read" }] });
  const droplet = await aDroplet(before, { tags: ["app"], user_data: "#cloud-config\n" });
  await before.ask("POST", "/v2/firewalls", { name: "ssh", tags: ["app"], inbound_rules: [{ protocol: "tcp", ports: "22", sources: { addresses: ["10.0.0.0/8"] } }] });
  await before.ask("POST", "/v2/reserved_ips", { droplet_id: droplet });
  clock.advance(11_000);
  await turn();
  const paths = ["account", "account/keys", "tags", "vpcs", "droplets", "firewalls", "reserved_ips", "spaces/keys", "actions", `droplets/${droplet}`];
  const said: unknown[] = [];
  for (const path of paths) said.push((await before.ask("GET", `/v2/${path}`)).body);
  const machines = before.api.expectedMachines();
  await before.close();

  const datacenter = new PaperDatacenter();
  const after = await start(datacenter);
  await after.api.restoreNetworks();
  await after.api.resume();
  const says: unknown[] = [];
  for (const path of paths) says.push((await after.ask("GET", `/v2/${path}`)).body);
  expect(says).toEqual(said);
  expect(after.api.expectedMachines()).toEqual(machines);
  expect(machines).toMatchObject([{ id: droplet, userData: "#cloud-config\n" }]);
  expect(datacenter.vpcs).toHaveLength(1);
  expect(datacenter.firewalls).toMatchObject([{ members: [droplet] }]);
  expect(datacenter.storageKeys).toHaveLength(1);
  expect(datacenter.asked).toContain(`reserve 198.19.0.1 -> ${droplet}`);
  expect((await after.ask("GET", "/v2/account", undefined, { token: before.token })).status).toBe(401);
  expect((await after.ask("GET", "/v2/account")).status).toBe(200);
  const second = await aDroplet(after);
  expect(second).toBe(droplet + 1);
});

test("an action that was under way goes on, at its own time", async () => {
  const before = await start(new PaperDatacenter());
  const id = await aDroplet(before);
  const action = await before.ask("POST", `/v2/droplets/${id}/actions`, { type: "power_off" });
  const path = `/v2/actions/${String(action.body["action"]?.["id"])}`;
  await before.close();

  clock.advance(4000);
  const datacenter = new PaperDatacenter();
  const after = await start(datacenter);
  await after.api.resume();
  clock.advance(5000);
  await turn();
  expect((await after.ask("GET", path)).body["action"]).toMatchObject({ status: "in-progress" });
  clock.advance(2000);
  await turn();
  expect((await after.ask("GET", path)).body["action"]).toMatchObject({ status: "completed" });
  expect(datacenter.asked).toContain(`power ${id} off`);
});

test("what was half built is built anew, what was half gone goes", async () => {
  const stuck = new PaperDatacenter();
  const before = await start(stuck);
  const leaving = await aDroplet(before);
  stuck.before = (what) => (/^(create|destroy)/.test(what) ? new Promise(() => undefined) : Promise.resolve());
  const created = await before.ask("POST", "/v2/droplets", { ...anOrder, name: "half" });
  const half = Number(created.body["droplet"]?.["id"]);
  await before.ask("DELETE", `/v2/droplets/${leaving}`);
  await turn();
  await before.close();

  const datacenter = new PaperDatacenter();
  const after = await start(datacenter);
  expect(after.api.expectedMachines()).toEqual([]);
  await after.api.restoreNetworks();
  await after.api.resume();
  await after.api.idle();
  expect(datacenter.asked.filter((what) => /^(create|destroy)/.test(what)).sort()).toEqual([`create ${half}`, `destroy ${half}`, `destroy ${leaving}`].sort());
  expect(datacenter.asked.indexOf(`destroy ${half}`)).toBeLessThan(datacenter.asked.indexOf(`create ${half}`));
  expect((await after.ask("GET", `/v2/droplets/${half}`)).body["droplet"]).toMatchObject({ status: "active", locked: false });
  expect((await after.ask("GET", `/v2/actions/${String(created.body["links"]?.["actions"]?.["0"]?.["id"])}`)).body["action"]).toMatchObject({ status: "completed" });
  expect((await after.ask("GET", "/v2/droplets")).body["meta"]).toEqual({ total: 1 });
});

test("after the host's own restart, machines that were on come back", async () => {
  const before = await start(new PaperDatacenter());
  const [on, off] = [await aDroplet(before), await aDroplet(before, { name: "off" })];
  await before.ask("POST", `/v2/droplets/${off}/actions`, { type: "power_off" });
  clock.advance(11_000);
  await turn();
  await before.close();
  const datacenter = new PaperDatacenter();
  const after = await start(datacenter);
  await after.api.resume({ afterHostBoot: true });
  expect(datacenter.asked.filter((what) => what.startsWith("power"))).toEqual([`power ${on} on`]);
});

test("an answer is on the disk before it is given", async () => {
  const client = await start(new PaperDatacenter());
  await client.ask("POST", "/v2/tags", { name: "app" });
  expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ tags: ["app"] });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("many changes at once are few writes, and none is lost", async () => {
  const client = await start(new PaperDatacenter());
  const names = Array.from({ length: 40 }, (_, index) => `t-${index}`);
  await Promise.all(names.map((name) => client.ask("POST", "/v2/tags", { name })));
  expect((JSON.parse(await readFile(file, "utf8")) as { tags: string[] }).tags.sort()).toEqual(names.sort());
});

test.each([
  ["not json", /is not JSON/],
  ["", /is not JSON/],
  ["{}", /is damaged[^]*version/],
  ['{"version":2}', /is damaged/],
])("a state file with %j is refused, and left as it is", async (text, expected) => {
  const path = join(folder, "account.json");
  await writeFile(path, text);
  await expect(openStore(path)).rejects.toThrow(expected);
  await expect(openStore(path)).rejects.toThrow(/localcloud down/);
  expect(await readFile(path, "utf8")).toBe(text);
});
