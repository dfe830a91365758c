import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseSettings } from "../../../components/config.ts";
import { type Issued, Authority } from "./authority.ts";
import { ConfigError } from "../../../components/settingErrors.ts";

const minimal = {
  "quickcart:region": "fra1", "quickcart:adminCidrs": '["203.0.113.7/32"]', "quickcart:hostName": "www.example.com", "quickcart:addressToken": "dop_v1_secret",
};

function errorsOf(values: Record<string, string>, stack = "prod") {
  try {
    parseSettings(stack, values);
  } catch (error) {
    if (error instanceof ConfigError) return error.errors;
    throw error;
  }
  return [];
}

const large = { size: "s-8vcpu-32gb-640gb-intel", vcpus: 8, memoryMiB: 32_768 };

test("a stack that says only what must be said gets the sizes of the requirements", () => {
  expect(parseSettings("prod", minimal)).toEqual({
    stack: "prod", siteName: "quickcart-prod", cloud: "digitalocean", region: "fra1", vpcCidr: "10.10.0.0/20",
    adminCidrs: ["203.0.113.7/32"], hostName: "www.example.com", certificateEnds: null, bastions: { count: 2, size: "s-1vcpu-1gb" },
    loadBalancers: { count: 2, size: "c-2" }, app: { count: 8, size: "s-4vcpu-8gb", port: 3000, bundle: null },
    database: { count: 3, primary: large, replica: large, maxConnections: null, replicaLagMiB: 16 }, protect: true,
    backup: { at: "02:00", keep: 14, secondRegion: null }, monitor: { size: "s-4vcpu-8gb" },
    redis: { nodes: 6, size: "g-4vcpu-16gb", memoryMiB: 16_384, tls: false }, egress: "bastions", timeZone: "Asia/Jakarta", image: "debian-13-x64",
    secrets: { addressToken: "dop_v1_secret", fenceToken: null, tls: null },
  });
});

test("defaults speak the cloud's own words", () => {
  const settings = parseSettings("prod", { ...minimal, "quickcart:cloud": "linode", "quickcart:region": "de-fra-2" });
  expect(settings).toMatchObject({ image: "linode/debian13", bastions: { size: "g6-nanode-1" }, loadBalancers: { size: "g6-dedicated-2" }, app: { size: "g6-standard-4" }, monitor: { size: "g6-standard-4" } });
});

test("everything can be chosen, and other namespaces are left alone", () => {
  expect(parseSettings("local", {
    ...minimal, "quickcart:cloud": "digitalocean", "quickcart:vpcCidr": "172.20.0.0/17", "quickcart:bastions": '{"count":2,"size":"c-2"}',
    "quickcart:app": '{"count":50,"size":"c-4","port":7999,"bundle":"build/app.tar.zst"}', "quickcart:loadBalancers": '{"size":"c-4"}', "quickcart:monitor": '{"size":"s-8vcpu-16gb"}', "quickcart:egress": "natGateway", "quickcart:timeZone": "UTC",
    "quickcart:image": "debian-12-x64", "digitalocean:token": "not ours", "quickcart:redis": '{"nodes":12,"size":"huge-1","memoryGiB":20,"tls":true}',
    "quickcart:database": '{"count":5,"size":"s-4vcpu-8gb","replicaSize":"s-2vcpu-4gb","maxConnections":60,"replicaLagMiB":1}', "quickcart:protect": "false",
  })).toMatchObject({
    database: {
      count: 5, primary: { size: "s-4vcpu-8gb", vcpus: 4, memoryMiB: 8192 }, replica: { size: "s-2vcpu-4gb", vcpus: 2, memoryMiB: 4096 },
      maxConnections: 60, replicaLagMiB: 1,
    },
    protect: false,
    redis: { nodes: 12, size: "huge-1", memoryMiB: 20_480, tls: true },
    vpcCidr: "172.20.0.0/17", bastions: { count: 2, size: "c-2" }, app: { count: 50, size: "c-4", port: 7999, bundle: "build/app.tar.zst" }, loadBalancers: { count: 2, size: "c-4" }, monitor: { size: "s-8vcpu-16gb" },
    egress: "natGateway", timeZone: "UTC", image: "debian-12-x64",
  });
});

test("every error is told at once, each with its key, the value unless it is a secret, and what is allowed", () => {
  const wrong = {
    "quickcart:cloud": "aws", "quickcart:vpcCidr": "10.10.0.1/20", "quickcart:adminCidrs": '["203.0.113.7/32","0.0.0.0/0"]',
    "quickcart:app": '{"count":0,"port":80}', "quickcart:bastions": '{"count":3}', "quickcart:timeZone": "Mars/Olympus",
    "quickcart:egress": "none", "quickcart:image": "Debian 13", "quickcart:adminCidr": "203.0.113.7/32",
    "quickcart:hostName": "https://www.example.com/", "quickcart:addressToken": "two words", "quickcart:certificate": "site.crt",
    "quickcart:certificateKey": "site.key", "quickcart:loadBalancers": '{"count":3}', "quickcart:certficateKey": "-----BEGIN PRIVATE KEY-----",
  };
  expect(() => parseSettings("prod", wrong)).toThrow(new ConfigError("prod", errorsOf(wrong)));
  expect(new ConfigError("prod", errorsOf(wrong)).message).toMatchSnapshot();
});

test.each([
  ["no admin ranges at all", { "quickcart:adminCidrs": "[]" }, "quickcart:adminCidrs"],
  ["one range that is no list", { "quickcart:adminCidrs": "203.0.113.7/32" }, "quickcart:adminCidrs"],
  ["a broken list", { "quickcart:adminCidrs": "[203.0.113.7/32]" }, "quickcart:adminCidrs"],
  ["the world", { "quickcart:adminCidrs": '["0.0.0.0/0"]' }, "quickcart:adminCidrs[0]"],
  ["half of the world", { "quickcart:adminCidrs": '["203.0.113.7/32","128.0.0.0/1"]' }, "quickcart:adminCidrs[1]"],
  ["an admin range with bits beyond its prefix", { "quickcart:adminCidrs": '["203.0.113.7/24"]' }, "quickcart:adminCidrs[0]"],
  ["an address without a prefix", { "quickcart:adminCidrs": '["203.0.113.7"]' }, "quickcart:adminCidrs[0]"],
  ["an octet over 255", { "quickcart:adminCidrs": '["203.0.256.0/24"]' }, "quickcart:adminCidrs[0]"],
  ["more admin ranges than a rule should hold", { "quickcart:adminCidrs": JSON.stringify(Array.from({ length: 21 }, (_, i) => `203.0.113.${String(i)}/32`)) }, "quickcart:adminCidrs"],
  ["a public VPC range", { "quickcart:vpcCidr": "203.0.0.0/20" }, "quickcart:vpcCidr"],
  ["a VPC range that DigitalOcean keeps", { "quickcart:vpcCidr": "10.244.16.0/20" }, "quickcart:vpcCidr"],
  ["the VPC range that Linode keeps", { "quickcart:vpcCidr": "192.168.128.0/20" }, "quickcart:vpcCidr"],
  ["a time zone in another case, which machines would not find", { "quickcart:timeZone": "asia/jakarta" }, "quickcart:timeZone"],
  ["a time zone that is a difference", { "quickcart:timeZone": "+07:00" }, "quickcart:timeZone"],
  ["a VPC range too wide for overlay addresses", { "quickcart:vpcCidr": "10.0.0.0/15" }, "quickcart:vpcCidr"],
  ["a VPC range with the ending of the gateways' overlay addresses", { "quickcart:vpcCidr": "10.10.240.0/20" }, "quickcart:vpcCidr"],
  ["a VPC range with every ending there is", { "quickcart:vpcCidr": "10.10.0.0/16" }, "quickcart:vpcCidr"],
  ["a VPC range too narrow for subnets", { "quickcart:vpcCidr": "10.10.0.0/25" }, "quickcart:vpcCidr"],
  ["another cloud's region", { "quickcart:region": "de-fra-2" }, "quickcart:region"],
  ["a region for Linode in DigitalOcean's words", { "quickcart:cloud": "linode" }, "quickcart:region"],
  ["an app port outside of what the firewall opens", { "quickcart:app": '{"port":2999}' }, "quickcart:app.port"],
  ["an app port whose second slot would be outside of it", { "quickcart:app": '{"port":8000}' }, "quickcart:app.port"],
  ["no app server", { "quickcart:app": '{"count":0}' }, "quickcart:app.count"],
  ["an empty path of a bundle", { "quickcart:app": '{"bundle":""}' }, "quickcart:app.bundle"],
  ["a third load balancer", { "quickcart:loadBalancers": '{"count":3}' }, "quickcart:loadBalancers.count"],
  ["a host name with a scheme", { "quickcart:hostName": "https://www.example.com" }, "quickcart:hostName"],
  ["a host name with a port", { "quickcart:hostName": "www.example.com:443" }, "quickcart:hostName"],
  ["a host name in capitals, which would be another text everywhere", { "quickcart:hostName": "WWW.example.com" }, "quickcart:hostName"],
  ["a wildcard for a host name", { "quickcart:hostName": "*.example.com" }, "quickcart:hostName"],
  ["an address for a host name", { "quickcart:hostName": "198.51.100.7" }, "quickcart:hostName"],
  ["a host name with an empty label", { "quickcart:hostName": "www..example.com" }, "quickcart:hostName"],
  ["a token with a line's end, as a file has it", { "quickcart:addressToken": "dop_v1_secret\n" }, "quickcart:addressToken"],
  ["a certificate that is a list", { "quickcart:certificate": "[]", "quickcart:certificateKey": "x" }, "quickcart:certificate"],
  ["half an app server", { "quickcart:app": '{"count":1.5}' }, "quickcart:app.count"],
  ["more app servers than there may be", { "quickcart:app": '{"count":51}' }, "quickcart:app.count"],
  ["a number as text", { "quickcart:app": '{"count":"8"}' }, "quickcart:app.count"],
  ["a tier that is no table", { "quickcart:app": "8" }, "quickcart:app"],
  ["two database machines, of which the last could not be sure", { "quickcart:database": '{"count":2}' }, "quickcart:database.count"],
  ["an even number of database machines", { "quickcart:database": '{"count":4}' }, "quickcart:database.count"],
  ["a database size of which is not known what it holds", { "quickcart:database": '{"size":"huge-1"}' }, "quickcart:database.size"],
  ["a replica's size of which is not known what it holds", { "quickcart:database": '{"replicaSize":"huge-1","vcpus":8}' }, "quickcart:database.replicaSize"],
  ["what a known database size holds", { "quickcart:database": '{"vcpus":8,"memoryGiB":32}' }, "quickcart:database"],
  ["a database size that cannot hold its connections", { "quickcart:database": '{"size":"s-1vcpu-512mb-10gb"}' }, "quickcart:database.size"],
  ["a replica that cannot hold the connections", { "quickcart:database": '{"replicaSize":"s-1vcpu-1gb","maxConnections":500}' }, "quickcart:database.replicaSize"],
  ["connections beyond any machine", { "quickcart:database": '{"maxConnections":5000}' }, "quickcart:database.maxConnections"],
  ["protection that is neither on nor off", { "quickcart:protect": "maybe" }, "quickcart:protect"],
  ["an odd number of Redis machines", { "quickcart:redis": '{"nodes":7}' }, "quickcart:redis.nodes"],
  ["fewer Redis machines than three masters with a replica each", { "quickcart:redis": '{"nodes":4}' }, "quickcart:redis.nodes"],
  ["more Redis machines than there may be", { "quickcart:redis": '{"nodes":26}' }, "quickcart:redis.nodes"],
  ["TLS that is neither wanted nor not", { "quickcart:redis": '{"tls":"maybe"}' }, "quickcart:redis.tls"],
  ["a Redis size of which is not known what it holds", { "quickcart:redis": '{"size":"huge-1"}' }, "quickcart:redis.size"],
  ["the memory of a Redis size that is known", { "quickcart:redis": '{"size":"c-2","memoryGiB":4}' }, "quickcart:redis.memoryGiB"],
  ["an empty size", { "quickcart:bastions": '{"size":""}' }, "quickcart:bastions.size"],
])("%s is refused", (_, values: Record<string, string>, key) => {
  expect(errorsOf({ ...minimal, ...values }).map((error) => error.key)).toEqual([key]);
});

test("what must be said is missed", () => {
  expect(errorsOf({}).map(({ key, kind }) => [key, kind])).toEqual([
    ["quickcart:region", "missing"], ["quickcart:adminCidrs", "missing"], ["quickcart:hostName", "missing"], ["quickcart:addressToken", "missing"],
  ]);
  expect(new ConfigError("prod", errorsOf({})).message).toContain("quickcart:region: not set; allowed: a region of the cloud");
});

describe("certificates", () => {
  let authority: Authority;
  let site: Issued;
  beforeAll(() => {
    authority = new Authority();
    site = authority.site();
  });
  afterAll(() => { authority.close(); });

  test("one that is given ends up among the secrets, and in the settings only when it ends", () => {
    const { secrets, ...settings } = parseSettings("prod", { ...minimal, "quickcart:certificate": site.certificate, "quickcart:certificateKey": site.key });
    expect(secrets.tls).toEqual({ chain: site.certificate, key: site.key });
    expect(settings.certificateEnds).toEqual(new X509Certificate(site.certificate).validToDate);
    expect(JSON.stringify(settings)).not.toContain("PRIVATE KEY");
  });

  test("it is held against the clock and the host name that are given", () => {
    const given = { ...minimal, "quickcart:certificate": site.certificate, "quickcart:certificateKey": site.key, "quickcart:hostName": "shop.example.com" };
    expect(() => parseSettings("prod", given, new Date("2100-01-01"))).toThrow(/quickcart:certificate: not for shop\.example\.com.*\n.*quickcart:certificate: expired on/);
  });

  test.each(["certificate", "certificateKey"] as const)("%s alone is refused, and not shown", (half) => {
    const errors = errorsOf({ ...minimal, [`quickcart:${half}`]: half === "certificate" ? site.certificate : site.key });
    expect(errors).toEqual([{ key: `quickcart:${half === "certificate" ? "certificateKey" : "certificate"}`, kind: "wrong", problem: expect.stringMatching(/^missing, though/) }]);
  });
});

test("no secret is in an error, also when its key is misspelt or its value is broken", () => {
  const wrong = { ...minimal, "quickcart:addresToken": "SECRET1", "quickcart:addressToken": "SECRET2 ", "quickcart:certificateKey": '{"SECRET3":1}', "quickcart:certificate": "SECRET4" };
  const { message } = new ConfigError("prod", errorsOf(wrong));
  expect(message).toContain("3 wrong settings");
  expect(message).not.toContain("SECRET");
});

test("Linode sells no NAT gateway", () => {
  expect(errorsOf({ ...minimal, "quickcart:cloud": "linode", "quickcart:region": "de-fra-2", "quickcart:egress": "natGateway" }))
    .toEqual([{ key: "quickcart:egress", kind: "wrong", problem: "got \"natGateway\"; allowed: bastions: Linode's provider has no NAT gateway" }]);
});

test.each([
  ["quickcart:regoin", "fra1", "did you mean quickcart:region?"],
  ["quickcart:timezone", "UTC", "did you mean quickcart:timeZone?"],
  ["quickcart:app", '{"cuont":3}', "did you mean quickcart:app.count?"],
  ["quickcart:bastions", '{"sizes":"c-2"}', "did you mean quickcart:bastions.size?"],
  ["quickcart:loadBalancers", '{"sise":"c-2"}', "did you mean quickcart:loadBalancers.size?"],
  ["quickcart:monitor", '{"sise":"c-2"}', "did you mean quickcart:monitor.size?"],
  ["quickcart:certificateKye", "-----BEGIN", "did you mean quickcart:certificateKey?"],
  [
    "quickcart:surge", "2", "there are cloud, region, vpcCidr, adminCidrs, hostName, addressToken, fenceToken, certificate, certificateKey, bastions, loadBalancers, app, database, backup, redis, monitor, protect, " +
      "egress, timeZone, image",
  ],
])("an unknown %s is refused with a hint", (key, value, hint) => {
  expect(errorsOf({ ...minimal, [key]: value })).toEqual([expect.objectContaining({ kind: "unknown", problem: `no such setting; ${hint}` })]);
});

test.each([["Prod"], ["a-stack-far-too-long"], ["-prod"], ["prod-"], ["1st"], ["pr_od"]])("a stack named %s is refused", (stack) => {
  expect(errorsOf(minimal, stack)).toEqual([expect.objectContaining({ key: "the stack's name", problem: expect.stringContaining(`"${stack}"`) })]);
});

describe("the stacks of this repository", () => {
  /** As Pulumi hands a stack's file to the program. */
  function settingsOf(stack: string): Record<string, string> {
    const file = join(import.meta.dirname, "../../..", `Pulumi.${stack}.yaml`);
    const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
    return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]));
  }

  test("local can be raised as it is", () => {
    // The token is made with the local cloud.
    expect(parseSettings("local", { ...settingsOf("local"), "quickcart:addressToken": "token" })).toMatchObject({
      siteName: "quickcart-local", region: "fra1", vpcCidr: "10.10.0.0/20", adminCidrs: ["198.18.0.1/32"], hostName: "localhost", app: { count: 2 },
    });
  });

  test("production has the sizes of the requirements, staging smaller ones of the same kinds", () => {
    const own = { "quickcart:adminCidrs": minimal["quickcart:adminCidrs"], "quickcart:hostName": "www.example.com", "quickcart:addressToken": "token" };
    expect(parseSettings("prod", { ...settingsOf("prod"), ...own })).toMatchObject({
      loadBalancers: { count: 2, size: "c-2" }, app: { count: 8, size: "s-4vcpu-8gb", port: 3000 }, bastions: { size: "s-2vcpu-2gb" },
    });
    expect(parseSettings("staging", { ...settingsOf("staging"), ...own })).toMatchObject({
      loadBalancers: { count: 2, size: "s-1vcpu-2gb" }, app: { count: 2, size: "s-2vcpu-4gb", port: 3000 }, bastions: { size: "s-1vcpu-1gb" },
    });
  });

  test.each(["staging", "prod"])("%s misses only what is its owner's to say: who may log in, the site's name, the token", (stack) => {
    expect(errorsOf(settingsOf(stack), stack).map(({ key, kind }) => [key, kind])).toEqual([
      ["quickcart:adminCidrs", "missing"], ["quickcart:hostName", "missing"], ["quickcart:addressToken", "missing"],
    ]);
    const file = readFileSync(join(import.meta.dirname, "../../..", `Pulumi.${stack}.yaml`), "utf8");
    for (const key of ["adminCidrs", "hostName", "addressToken", "certificate", "certificateKey"]) expect(file).toMatch(new RegExp(`#   pulumi config set .*quickcart:${key}\\b`));
  });

  test("no two of them share a private range", () => {
    const ranges = ["local", "staging", "prod"].map((stack) => settingsOf(stack)["quickcart:vpcCidr"]);
    expect(new Set(ranges).size).toBe(3);
  });
});
