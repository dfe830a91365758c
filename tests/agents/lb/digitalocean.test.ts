import type { FloatingAddress } from "../../../agents/lb/address/address.ts";
import { digitalOceanAddress } from "../../../agents/lb/address/digitalocean.ts";
import { aDroplet, type Client, startApi } from "../../localcloud/api/support.ts";

const timeoutMs = 300;

let client: Client;
let floatingAddress: string;
let droplets: { one: number; two: number };
const made: FloatingAddress[] = [];

beforeEach(async () => {
  client = await startApi({ settings: { actionSeconds: 5 } });
  droplets = { one: await aDroplet(client, { name: "lb-1" }), two: await aDroplet(client, { name: "lb-2" }) };
  const reserved = await client.ask("POST", "/v2/reserved_ips", { region: "fra1" });
  floatingAddress = String(reserved.body["reserved_ip"]?.["ip"]);
});
afterEach(async () => {
  client.api.faults.clear();
  for (const address of made.splice(0)) address.close();
  await client.close();
});

async function addressOf(droplet: number, scopes = ["reserved_ip:read", "reserved_ip:update"]): Promise<FloatingAddress> {
  const token = await client.api.createToken(`lb of ${droplet}`, scopes);
  const address = digitalOceanAddress({ floatingAddress, instanceId: String(droplet), token, origin: client.url, timeoutMs });
  made.push(address);
  return address;
}

const pass = async (seconds: number): Promise<void> => {
  client.clock.advance(seconds * 1000);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const strike = (fault: object): void => client.api.faults.set({ path: "^/v2/reserved_ips", ...fault });

test("claims, sees the move through, and knows the holder by its own public address", async () => {
  const [one, two] = [await addressOf(droplets.one), await addressOf(droplets.two)];
  expect(await one.holding()).toEqual({ state: "free" });
  const move = await one.claim();
  if (move === null) throw new Error("an action takes its time");
  expect([await one.progress(move), await two.holding()]).toEqual(["moving", { state: "moving" }]);
  await pass(6);
  expect(await one.progress(move)).toBe("done");
  const held = await two.holding();
  const droplet = await client.ask("GET", `/v2/droplets/${droplets.one}`);
  const networks = JSON.stringify(droplet.body["droplet"]?.["networks"]);
  expect(held).toEqual({ state: "held", id: String(droplets.one), publicAddress: expect.stringMatching(/^198\.18\./) });
  expect(networks).toContain(held.state === "held" ? held.publicAddress : "");
});

test("takes it from the other one", async () => {
  await (await addressOf(droplets.one)).claim();
  await pass(6);
  const two = await addressOf(droplets.two);
  await two.claim();
  await pass(6);
  expect(await two.holding()).toMatchObject({ state: "held", id: String(droplets.two) });
});

test("a move that fails is failed", async () => {
  client.datacenter.before = (what) => what.startsWith("reserve") ? Promise.reject(new Error("the cable is stuck")) : Promise.resolve();
  const one = await addressOf(droplets.one);
  const move = await one.claim();
  await pass(6);
  expect(await one.progress(String(move))).toBe("failed");
});

test("a droplet that is busy: the API's words", async () => {
  await client.ask("POST", `/v2/droplets/${droplets.one}/actions`, { type: "reboot" });
  await expect((await addressOf(droplets.one)).claim()).rejects.toMatchObject({
    name: "ApiError", retryAfterMs: 0, message: expect.stringMatching(/POST .*\/actions: 422 Droplet already has a pending event\.$/),
  });
});

test.each([
  ["429 with retry-after", { kind: "status", status: 429, retryAfter: 7 }, /429/, 7_000],
  ["503", { kind: "status", status: 503 }, /503/, 0],
  ["an API that hangs", { kind: "hang" }, /no answer within 300 ms/, 0],
  ["an API that hangs up", { kind: "hangup" }, /socket hang up|ECONNRESET/, 0],
])("%s", async (_, fault, message, retryAfterMs) => {
  const one = await addressOf(droplets.one);
  await one.holding();
  strike(fault);
  await expect(one.claim()).rejects.toMatchObject({ name: "ApiError", message: expect.stringMatching(message), retryAfterMs });
  client.api.faults.clear();
  expect(await one.claim()).not.toBeNull();
});

test("nobody at all", async () => {
  const one = await addressOf(droplets.one);
  await client.close();
  await expect(one.holding()).rejects.toMatchObject({ name: "ApiError", message: expect.stringContaining("ECONNREFUSED") });
});

test("a connection that the API closed meanwhile is no failure", async () => {
  const one = await addressOf(droplets.one);
  await one.holding();
  strike({ kind: "hangup", count: 1 });
  expect(await one.holding()).toEqual({ state: "free" });
});

test.each([
  [["reserved_ip:read"], /403 .*quickcart:addressToken needs the scopes reserved_ip:read and reserved_ip:update/],
  [[], /401 .*quickcart:addressToken is unknown or has expired/],
])("a token with the scopes %j: what to do, and never the token", async (scopes, message) => {
  const token = scopes.length === 0 ? "dop_v1_unknown" : await client.api.createToken("lb", scopes);
  const one = digitalOceanAddress({ floatingAddress, instanceId: String(droplets.one), token, origin: client.url, timeoutMs });
  made.push(one);
  const claimed = one.claim();
  await expect(claimed).rejects.toThrow(message);
  await expect(claimed).rejects.not.toThrow(token);
});

test("an address of another account", async () => {
  const one = digitalOceanAddress({ floatingAddress: "198.19.9.9", instanceId: "1", token: client.token, origin: client.url, timeoutMs });
  made.push(one);
  await expect(one.holding()).rejects.toThrow(/404 .*has no such reserved IP/);
});
