import { digitalOceanPower } from "../../../agents/fence/power/digitalocean.ts";
import type { Power } from "../../../agents/fence/power/power.ts";
import { aDroplet, type Client, startApi } from "../../localcloud/api/support.ts";

const timeoutMs = 300;
const scopes = ["droplet:read", "droplet:update"];

let client: Client;
let droplet: string;
const made: Power[] = [];

beforeEach(async () => {
  client = await startApi({ settings: { actionSeconds: 5 } });
  droplet = String(await aDroplet(client, { name: "db-1" }));
});
afterEach(async () => {
  client.api.faults.clear();
  for (const power of made.splice(0)) power.close();
  await client.close();
});

function powerWith(token: string): Power {
  const power = digitalOceanPower({ token, origin: client.url, timeoutMs });
  made.push(power);
  return power;
}
const power = async (): Promise<Power> => powerWith(await client.api.createToken("fence", scopes));

const pass = async (seconds: number): Promise<void> => {
  client.clock.advance(seconds * 1000);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test("off and on, each confirmed only once its action has come to its end", async () => {
  const cloud = await power();
  for (const [verb, off] of [["off", true], ["on", false]] as const) {
    const change = await cloud[verb](droplet);
    if (change === null) throw new Error("an action takes its time");
    expect([await cloud.progress(droplet, change), await cloud.isOff(droplet)]).toEqual(["moving", !off]);
    await pass(6);
    expect([await cloud.progress(droplet, change), await cloud.isOff(droplet)]).toEqual(["done", off]);
  }
  expect(client.datacenter.asked.filter((line) => line.startsWith("power"))).toEqual([`power ${droplet} off`, `power ${droplet} on`]);
});

test("an action that fails is failed", async () => {
  client.datacenter.before = (what) => what.startsWith("power") ? Promise.reject(new Error("the switch is stuck")) : Promise.resolve();
  const cloud = await power();
  const change = await cloud.off(droplet);
  await pass(6);
  expect(await cloud.progress(droplet, String(change))).toBe("failed");
});

test("a droplet with another action under way: the API's words", async () => {
  await client.ask("POST", `/v2/droplets/${droplet}/actions`, { type: "reboot" });
  await expect((await power()).off(droplet)).rejects.toMatchObject({
    name: "ApiError", status: 422, message: expect.stringMatching(/POST .*\/actions: 422 Droplet already has a pending event\.$/),
  });
});

test("a 422 for a droplet that is off already confirms it; for one that is on it does not", async () => {
  const cloud = await power();
  client.api.faults.set({ method: "POST", path: "/actions$", kind: "status", status: 422 });
  await expect(cloud.off(droplet)).rejects.toMatchObject({ status: 422 });
  expect(await cloud.on(droplet)).toBeNull();
  client.api.faults.clear();
  await cloud.off(droplet);
  await pass(6);
  client.api.faults.set({ method: "POST", path: "/actions$", kind: "status", status: 422 });
  expect(await cloud.off(droplet)).toBeNull();
  await expect(cloud.on(droplet)).rejects.toMatchObject({ status: 422 });
});

test.each([
  ["429 with retry-after", { kind: "status", status: 429, retryAfter: 7 }, /429/, 7_000],
  ["503", { kind: "status", status: 503 }, /503/, 0],
  ["an API that hangs", { kind: "hang" }, /no answer within 300 ms/, 0],
  ["an API that hangs up", { kind: "hangup" }, /socket hang up|ECONNRESET/, 0],
])("%s", async (_, fault, message, retryAfterMs) => {
  const cloud = await power();
  client.api.faults.set({ path: "^/v2/droplets", ...fault });
  await expect(cloud.off(droplet)).rejects.toMatchObject({ name: "ApiError", message: expect.stringMatching(message), retryAfterMs });
  client.api.faults.clear();
  expect(await cloud.off(droplet)).not.toBeNull();
});

test.each([
  [["droplet:read"], /403 .*quickcart:fenceToken needs the scopes droplet:read and droplet:update/],
  [[], /401 .*quickcart:fenceToken is unknown or has expired/],
])("a token with the scopes %j: what to do, and never the token", async (few, message) => {
  const token = few.length === 0 ? "dop_v1_unknown" : await client.api.createToken("fence", few);
  const refused = powerWith(token).off(droplet);
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.not.toThrow(token);
});

test("a droplet of another account", async () => {
  await expect((await power()).off("999")).rejects.toThrow(/404 .*has no such droplet/);
});
