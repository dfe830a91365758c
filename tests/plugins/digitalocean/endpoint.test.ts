import { createServer } from "node:http";
import { lookup } from "node:dns";
import { type JsonObject } from "../../../localcloud/plugins/core/values.ts";
import { isLocalCloud } from "../../../localcloud/plugins/digitalocean/guard.ts";
import { type Http, type HttpAnswer, send } from "../../../localcloud/plugins/digitalocean/http.ts";
import { createPace } from "../../../localcloud/plugins/digitalocean/pace.ts";
import { digitalocean } from "../../../localcloud/plugins/digitalocean/plugin.ts";
import { readSettings } from "../../../localcloud/plugins/digitalocean/settings.ts";
import { listen } from "../support/listen.ts";
import { fakeClock } from "../support/recording.ts";
import { createStage } from "../support/stage.ts";

jest.mock("node:dns", () => ({ ...jest.requireActual<object>("node:dns"), lookup: jest.fn(jest.requireActual<{ lookup: unknown }>("node:dns").lookup as never) }));

const vpcType = "digitalocean:index/vpc:Vpc";
const inputs = { name: "shop", region: "fra1" };
const token = { DIGITALOCEAN_TOKEN: "dop_v1_secret" };
const signal = new AbortController().signal;

describe("which cloud", () => {
  it.each([
    ["127.0.0.1", true], ["127.255.255.255", true], ["198.18.0.10", true], ["198.19.255.255", true], ["198.17.255.255", false], ["198.20.0.0", false], ["104.16.181.15", false],
    ["10.0.0.1", false], ["128.0.0.1", false], ["::1", false], ["::ffff:127.0.0.1", false], ["2604:a880::1", false],
  ])("%s is the local cloud's: %s", (address, local) => {
    expect(isLocalCloud(address)).toBe(local);
  });

  it.each(["https://104.16.181.15", "http://[::ffff:104.16.181.15]", "http://10.1.2.3:8080"])("refuses %s without a packet, at the first call", async (endpoint) => {
    const stage = createStage(digitalocean({ ...token, DIGITALOCEAN_API_URL: endpoint }, send));
    await stage.handlers.configure({});
    await expect(stage.up(vpcType, "it", inputs)).rejects.toThrow(/is not the local cloud \(198\.18\.0\.0\/15, 127\.0\.0\.0\/8\): stand-in plugins never build on a real cloud/);
  });

  it("refuses the real names when they resolve to the real cloud, even if only one address of several does", async () => {
    jest.mocked(lookup).mockImplementation(((_name: string, _options: object, callback: (error: null, addresses: object[]) => void) => {
      callback(null, [{ address: "198.18.0.10", family: 4 }, { address: "104.16.181.15", family: 4 }]);
    }) as never);
    try {
      const stage = createStage(digitalocean({ ...token, SPACES_ACCESS_KEY_ID: "a", SPACES_SECRET_ACCESS_KEY: "b" }, send));
      await stage.handlers.configure({});
      await expect(stage.up(vpcType, "it", inputs)).rejects.toThrow("api.digitalocean.com is 198.18.0.10, 104.16.181.15, which is not the local cloud");
      await expect(stage.up("digitalocean:index/spacesBucket:SpacesBucket", "it", inputs)).rejects.toThrow("shop.fra1.digitaloceanspaces.com is 198.18.0.10");
    } finally {
      jest.mocked(lookup).mockReset();
      jest.mocked(lookup).mockImplementation(jest.requireActual<{ lookup: typeof lookup }>("node:dns").lookup as never);
    }
  });

  it("speaks to a server on the loopback interface, by address and by name", async () => {
    const heard: string[] = [];
    const server = await listen(createServer((request, response) => {
      heard.push(`${request.headers.authorization ?? ""} ${request.method ?? ""} ${request.url ?? ""}`);
      response.end(JSON.stringify({ vpc: { id: "1", name: "shop", region: "fra1", ip_range: "10.1.0.0/20" } }));
    }));
    for (const host of ["127.0.0.1", "api.localhost"]) {
      const stage = createStage(digitalocean(token, send));
      await stage.handlers.configure({ apiEndpoint: `http://${host}:${server.port}/with/a/path` });
      await stage.up(vpcType, "it", inputs);
    }
    await server.close();
    expect(heard).toEqual(Array.from({ length: 2 }, () => ["Bearer dop_v1_secret POST /v2/vpcs", "Bearer dop_v1_secret GET /v2/vpcs/1"]).flat());
  });

  it("prefers the program's settings to the environment's, and says which setting is wrong", () => {
    const settings = readSettings({ apiEndpoint: "http://127.0.0.1:1", httpRetryMax: "8", requestsPerSecond: "2" }, { ...token, DIGITALOCEAN_API_URL: "http://127.0.0.1:2" });
    expect(settings).toMatchObject({ apiEndpoint: "http://127.0.0.1:1", retries: 8, callsPerMinute: 120, spacesKey: null });
    expect(readSettings({}, {})).toMatchObject({ apiEndpoint: "https://api.digitalocean.com", retries: 4, callsPerMinute: 240 });
    expect(() => readSettings({ httpRetryMax: "many" }, {})).toThrow("digitalocean:httpRetryMax: must be a number");
  });
});

/** Answers one after the other. */
function scripted(answers: (Partial<HttpAnswer> | Error)[]): Http {
  return async () => {
    const next = answers.shift();
    if (!next) throw new Error("one request too many");
    if (next instanceof Error) throw next;
    return { status: 200, headers: {}, body: Buffer.alloc(0), ...next };
  };
}

const body = (value: JsonObject): Buffer => Buffer.from(JSON.stringify(value));
const vpc = { body: body({ vpc: { id: "1", name: "shop", region: "fra1", ip_range: "10.1.0.0/20" } }) };
const busy = { status: 429, body: body({ id: "too_many_requests", message: "API rate limit exceeded." }) };

describe("patience", () => {
  it.each<{ what: string; answers: (Partial<HttpAnswer> | Error)[]; settings?: JsonObject; waits: number[] }>([
    { what: "doubles", answers: [busy, { status: 500 }, { status: 503 }, new Error("socket hang up"), vpc, vpc], waits: [1000, 2000, 4000, 8000] },
    { what: "does as the server asks, however long", answers: [{ ...busy, headers: { "retry-after": "65" } }, vpc, vpc], waits: [65_000] },
    { what: "also on 503", answers: [{ status: 503, headers: { "retry-after": "3" } }, vpc, vpc], waits: [3000] },
    { what: "has settings of its own", answers: [busy, busy, busy, vpc, vpc], settings: { httpRetryMax: "3", httpRetryWaitMin: "0.5", httpRetryWaitMax: "0.75" }, waits: [500, 750, 750] },
  ])("$what: $waits", async ({ answers, settings = {}, waits }) => {
    const clock = fakeClock();
    const stage = createStage(digitalocean(token, scripted(answers), clock));
    await stage.handlers.configure(settings);
    await stage.up(vpcType, "it", inputs);
    expect(clock.waited).toEqual(waits);
  });

  it("names what did not answer, and never the token", async () => {
    const stage = createStage(digitalocean(token, scripted(Array.from({ length: 5 }, () => new Error("connect ECONNREFUSED 127.0.0.1:9"))), fakeClock()));
    await stage.handlers.configure({ apiEndpoint: "http://127.0.0.1:9" });
    const failed = stage.up(vpcType, "it", inputs);
    await expect(failed).rejects.toThrow("creating Vpc 'it': POST http://127.0.0.1:9/v2/vpcs: connect ECONNREFUSED 127.0.0.1:9; giving up after 5 attempt(s)");
    await expect(failed).rejects.not.toThrow("dop_v1_secret");
  });

  it("keeps to the calls that a minute allows", async () => {
    const clock = fakeClock();
    const pace = createPace(clock, 240);
    for (let i = 0; i < 240; i += 1) await pace(signal);
    expect(clock.waited).toEqual([]);
    await pace(signal);
    expect(clock.waited).toEqual([60_000]);
  });
});
