import { type Settings } from "../../../components/config.ts";
import { digitalOceanFacts } from "../../../make/preflight/digitalOcean.ts";
import { type AccountFacts, bill, judge, machinesAtPeak } from "../../../make/preflight/judge.ts";
import { linodeFacts } from "../../../make/preflight/linode.ts";
import { type Read, reader } from "../../../make/preflight/read.ts";

const settings: Settings = {
  stack: "prod", siteName: "quickcart-prod", cloud: "digitalocean", region: "fra1", vpcCidr: "10.30.0.0/20", adminCidrs: ["203.0.113.0/24"],
  hostName: "www.example.com", certificateEnds: null, bastions: { count: 2, size: "small" }, loadBalancers: { count: 2, size: "fast" },
  app: { count: 8, size: "large", port: 3000, bundle: null },
  database: {
    count: 3, primary: { size: "largest", vcpus: 8, memoryMiB: 32_768 }, replica: { size: "largest", vcpus: 8, memoryMiB: 32_768 },
    maxConnections: null, replicaLagMiB: 16,
  },
  backup: { at: "02:00", keep: 14, secondRegion: null }, protect: true, redis: { nodes: 6, size: "larger", memoryMiB: 16_384, tls: false }, monitor: { size: "small" }, egress: "bastions", timeZone: "Asia/Jakarta", image: "debian-13-x64",
};

const facts: AccountFacts = {
  owner: "owner@example.com", locked: null, machineLimit: 64, otherMachines: 0, reservedAddressLimit: 3, otherReservedAddresses: 2,
  regions: [{ slug: "fra1", lacks: null }, { slug: "ams3", lacks: null }, { slug: "nyc2", lacks: "takes no new machines now" }],
  sizes: [
    { slug: "small", monthly: 18, regions: ["fra1"] }, { slug: "fast", monthly: 42, regions: ["fra1"] }, { slug: "large", monthly: 48, regions: ["fra1"] },
    { slug: "larger", monthly: 96, regions: ["fra1"] }, { slug: "largest", monthly: 192, regions: ["fra1"] }, { slug: "elsewhere", monthly: 50, regions: ["ams3"] },
  ],
  imageRegions: ["fra1"], otherNetworks: [{ name: "other", range: "10.10.0.0/20" }],
};

test("an account that has what it takes", () => {
  expect(judge(settings, facts).filter(({ ok }) => !ok)).toEqual([]);
});

test.each<[string, Partial<AccountFacts>, RegExp, RegExp]>([
  ["too few machines at the peak", { machineLimit: 63 }, /^63; needed are 64 at the peak/, /a limit of 64 or more/],
  ["the account's other machines count too", { otherMachines: 5 }, /besides 5 others of the account/, /a limit of 69 or more/],
  ["a locked account", { locked: "card refused" }, /owner@example\.com: card refused/, /console/],
  ["a region that is full", { regions: [{ slug: "fra1", lacks: "takes no new machines now" }, { slug: "ams3", lacks: null }] }, /^fra1 takes no new machines now$/, /there are ams3$/],
  ["a region that is none", { regions: [{ slug: "ams3", lacks: null }] }, /^fra1 does not exist$/, /there are ams3$/],
  ["a size that is sold out", { sizes: facts.sizes.map((size) => (size.slug === "large" ? { ...size, regions: [] } : size)) }, /^large cannot be had in fra1 now$/, /such as larger \(\$96\.00\), largest \(\$192\.00\), or another region$/],
  ["a size that is none", { sizes: facts.sizes.filter(({ slug }) => slug !== "fast") }, /^fast does not exist$/, /such as small \(\$18\.00\), large/],
  ["no such image", { imageRegions: null }, /^debian-13-x64 does not exist$/, /unset quickcart:image/],
  ["the image is elsewhere", { imageRegions: ["ams3"] }, /^debian-13-x64 is not in fra1$/, /unset quickcart:image/],
  ["all reserved addresses in use", { otherReservedAddresses: 3 }, /^limit 3, 3 in other use, one is needed$/, /release one/],
  ["a private network that is taken", { otherNetworks: [{ name: "old", range: "10.30.8.0/24" }] }, /overlaps old \(10\.30\.8\.0\/24\)/, /quickcart:vpcCidr/],
])("NO: %s", (_, change, seen, todo) => {
  const wrong = judge(settings, { ...facts, ...change }).filter(({ ok }) => !ok);
  expect(wrong).toEqual([expect.objectContaining({ seen: expect.stringMatching(seen), todo: expect.stringMatching(todo) })]);
});

test.each([
  ["prod", 8, 64], ["prod", 50, 64], ["staging", 2, 16],
])("%s with %i app servers has %i machines at its peak", (stack, count, peak) => {
  expect(machinesAtPeak({ ...settings, stack, app: { ...settings.app, count } }).count).toBe(peak);
});

test("a cloud that does not tell its limits is not held against the account", () => {
  const lines = judge(settings, { ...facts, machineLimit: null, reservedAddressLimit: null });
  expect(lines.every(({ ok }) => ok)).toBe(true);
  expect(lines.map(({ seen }) => seen).join()).toMatch(/does not tell its limit: ask its support/);
});

test("the bill sums what the settings order; without a price there is none", () => {
  expect(bill(settings, facts).slice(0, 7).map((line) => line.replace(/ +/g, " ").trim())).toEqual([
    "2 bastions, small $36.00", "2 load balancers, fast $84.00", "8 app servers, large $384.00",
    "1 database primary, largest $192.00", "2 database replicas, largest $384.00", "6 Redis machines, larger $576.00", "1 monitor, small $18.00",
  ]);
  expect(bill(settings, { ...facts, sizes: [] })).toEqual([]);
});

const answering = (answers: Record<string, unknown>): Read & { asked: string[] } => {
  const asked: string[] = [];
  return Object.assign(async (path: string) => {
    asked.push(path);
    return Promise.resolve(answers[path] ?? answers[path.split("?")[0] ?? ""] ?? null);
  }, { asked });
};

test("DigitalOcean's answers, also over several pages; this stack's own machines and address are not counted as others", async () => {
  const ours = { tags: ["quickcart-prod-lb"] };
  const read = answering({
    "/v2/account": { account: { droplet_limit: 25, floating_ip_limit: 3, email: "o@example.com", status: "locked", status_message: "unpaid" } },
    "/v2/droplets?per_page=200": { droplets: [ours, { tags: [] }], links: { pages: { next: "https://api.digitalocean.com/v2/droplets?page=2&per_page=200" } } },
    "/v2/droplets?page=2&per_page=200": { droplets: [{ tags: ["quickcart-staging-lb"] }], links: {} },
    "/v2/reserved_ips": { reserved_ips: [{ droplet: ours }, { droplet: null }] },
    "/v2/regions": { regions: [{ slug: "fra1", available: true, sizes: ["a"] }, { slug: "nyc2", available: false, sizes: [] }] },
    "/v2/sizes": { sizes: [
      { slug: "a", price_monthly: 6, available: true, regions: ["fra1", "nyc2"] }, { slug: "b", price_monthly: 7, available: false, regions: ["fra1"] },
      { slug: "c", price_monthly: 8, available: true, regions: ["fra1"] },
    ] },
    "/v2/images/debian-13-x64": { image: { regions: ["fra1"] } },
    "/v2/vpcs": { vpcs: [{ name: "quickcart-prod", ip_range: "10.30.0.0/20" }, { name: "default", ip_range: "10.110.0.0/20" }] },
  });
  await expect(digitalOceanFacts(read, settings)).resolves.toEqual({
    owner: "o@example.com", locked: "unpaid", machineLimit: 25, otherMachines: 2, reservedAddressLimit: 3, otherReservedAddresses: 1,
    regions: [{ slug: "fra1", lacks: null }, { slug: "nyc2", lacks: "takes no new machines now" }],
    sizes: [{ slug: "a", monthly: 6, regions: ["fra1"] }, { slug: "b", monthly: 7, regions: [] }, { slug: "c", monthly: 8, regions: [] }],
    imageRegions: ["fra1"], otherNetworks: [{ name: "default", range: "10.110.0.0/20" }],
  });
});

test("Linode's answers: a region's own prices, plans that are short there, what a region lacks", async () => {
  const all = ["Linodes", "VPCs", "Metadata", "Cloud Firewall"];
  const read = answering({
    "/v4/profile": { username: "owner" },
    "/v4/linode/instances": { data: [{ label: "quickcart-prod-lb-1" }, { label: "blog" }], pages: 1 },
    "/v4/regions?page_size=500&page=1": { data: [{ id: "de-fra-2", status: "ok", capabilities: all }], pages: 2 },
    "/v4/regions?page_size=500&page=2": { data: [{ id: "old", status: "ok", capabilities: ["Linodes", "VPCs"] }, { id: "down", status: "outage", capabilities: all }], pages: 2 },
    "/v4/linode/types": { data: [
      { id: "g6-standard-4", price: { monthly: 48 }, region_prices: [{ id: "de-fra-2", monthly: 57.6 }] }, { id: "g6-dedicated-2", price: { monthly: 36 }, region_prices: [] },
    ], pages: 1 },
    "/v4/regions/de-fra-2/availability": [{ plan: "g6-dedicated-2", available: false }],
    "/v4/images/linode/debian13": { id: "linode/debian13" },
  });
  await expect(linodeFacts(read, { ...settings, cloud: "linode", region: "de-fra-2", image: "linode/debian13" })).resolves.toMatchObject({
    owner: "owner", machineLimit: null, otherMachines: 1, imageRegions: "everywhere",
    regions: [{ slug: "de-fra-2", lacks: null }, { slug: "old", lacks: "has no Metadata, Cloud Firewall" }, { slug: "down", lacks: "is in state outage" }],
    sizes: [{ slug: "g6-standard-4", monthly: 57.6, regions: ["de-fra-2"] }, { slug: "g6-dedicated-2", monthly: 36, regions: [] }],
  });
});

describe("reading", () => {
  const read = reader({ origin: "https://api.example.com", token: "secret-token", variable: "DIGITALOCEAN_TOKEN" });
  const answer = (status: number, body: unknown): void => {
    jest.spyOn(globalThis, "fetch").mockResolvedValue(new Response(JSON.stringify(body), { status }));
  };
  afterEach(() => { jest.restoreAllMocks(); });

  test("only ever asks, with the token where nobody sees it", async () => {
    answer(200, { a: 1 });
    await expect(read("/v2/account?per_page=200")).resolves.toEqual({ a: 1 });
    expect(jest.mocked(fetch).mock.calls).toEqual([["https://api.example.com/v2/account?per_page=200", expect.objectContaining({ headers: { authorization: "Bearer secret-token" } })]]);
    expect(jest.mocked(fetch).mock.calls[0]?.[1]?.method).toBeUndefined();
  });

  test.each([
    [401, { message: "Unable to authenticate you" }, /the token in DIGITALOCEAN_TOKEN is not valid/],
    [403, {}, /GET https:\/\/api\.example\.com\/v2\/account: the token in DIGITALOCEAN_TOKEN may not read this/],
    [500, { message: "oops" }, /status 500 \(oops\)/],
    [429, { errors: [{ reason: "too many" }] }, /status 429 \(too many\)/],
  ])("status %i is said plainly, without the token", async (status, body, why) => {
    answer(status, body);
    const error: unknown = await read("/v2/account").catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(why);
    expect(String(error)).not.toContain("secret-token");
  });

  test("what is not there is null; no answer names the place", async () => {
    answer(404, {});
    await expect(read("/v2/images/none")).resolves.toBeNull();
    jest.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND") }));
    await expect(read("/v2/account")).rejects.toThrow("GET https://api.example.com/v2/account: no answer (getaddrinfo ENOTFOUND)");
  });
});
