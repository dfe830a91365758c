import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseSettings } from "../../../components/config.ts";
import { ConfigError } from "../../../components/settingErrors.ts";

const minimal = { "quickcart:region": "fra1", "quickcart:adminCidrs": '["203.0.113.7/32"]' };

function errorsOf(values: Record<string, string>, stack = "prod") {
  try {
    parseSettings(stack, values);
  } catch (error) {
    if (error instanceof ConfigError) return error.errors;
    throw error;
  }
  return [];
}

test("a stack that says only what must be said gets the sizes of the requirements", () => {
  expect(parseSettings("prod", minimal)).toEqual({
    stack: "prod", siteName: "quickcart-prod", cloud: "digitalocean", region: "fra1", vpcCidr: "10.10.0.0/20",
    adminCidrs: ["203.0.113.7/32"], bastions: { count: 2, size: "s-1vcpu-1gb" }, app: { count: 8, size: "s-4vcpu-8gb", port: 3000 },
    egress: "bastions", timeZone: "Asia/Jakarta", image: "debian-13-x64",
  });
});

test("defaults speak the cloud's own words", () => {
  const settings = parseSettings("prod", { ...minimal, "quickcart:cloud": "linode", "quickcart:region": "de-fra-2" });
  expect(settings).toMatchObject({ image: "linode/debian13", bastions: { size: "g6-nanode-1" }, app: { size: "g6-standard-4" } });
});

test("everything can be chosen, and other namespaces are left alone", () => {
  expect(parseSettings("local", {
    ...minimal, "quickcart:cloud": "digitalocean", "quickcart:vpcCidr": "172.20.0.0/17", "quickcart:bastions": '{"count":2,"size":"c-2"}',
    "quickcart:app": '{"count":50,"size":"c-4","port":8000}', "quickcart:egress": "natGateway", "quickcart:timeZone": "UTC",
    "quickcart:image": "debian-12-x64", "digitalocean:token": "not ours",
  })).toMatchObject({
    vpcCidr: "172.20.0.0/17", bastions: { count: 2, size: "c-2" }, app: { count: 50, size: "c-4", port: 8000 },
    egress: "natGateway", timeZone: "UTC", image: "debian-12-x64",
  });
});

test("every error is told at once, each with its key, the value and what is allowed", () => {
  const wrong = {
    "quickcart:cloud": "aws", "quickcart:vpcCidr": "10.10.0.1/20", "quickcart:adminCidrs": '["203.0.113.7/32","0.0.0.0/0"]',
    "quickcart:app": '{"count":0,"port":80}', "quickcart:bastions": '{"count":3}', "quickcart:timeZone": "Mars/Olympus",
    "quickcart:egress": "none", "quickcart:image": "Debian 13", "quickcart:adminCidr": "203.0.113.7/32",
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
  ["an app port outside of what the firewall opens", { "quickcart:app": '{"port":8001}' }, "quickcart:app.port"],
  ["half an app server", { "quickcart:app": '{"count":1.5}' }, "quickcart:app.count"],
  ["more app servers than there may be", { "quickcart:app": '{"count":51}' }, "quickcart:app.count"],
  ["a number as text", { "quickcart:app": '{"count":"8"}' }, "quickcart:app.count"],
  ["a tier that is no table", { "quickcart:app": "8" }, "quickcart:app"],
  ["an empty size", { "quickcart:bastions": '{"size":""}' }, "quickcart:bastions.size"],
])("%s is refused", (_, values: Record<string, string>, key) => {
  expect(errorsOf({ ...minimal, ...values }).map((error) => error.key)).toEqual([key]);
});

test("what must be said is missed", () => {
  expect(errorsOf({})).toEqual([
    expect.objectContaining({ key: "quickcart:region", given: undefined }),
    expect.objectContaining({ key: "quickcart:adminCidrs", given: undefined }),
  ]);
  expect(new ConfigError("prod", errorsOf({})).message).toContain("quickcart:region: not set; allowed: a region of the cloud");
});

test("Linode sells no NAT gateway", () => {
  expect(errorsOf({ ...minimal, "quickcart:cloud": "linode", "quickcart:region": "de-fra-2", "quickcart:egress": "natGateway" }))
    .toEqual([{ key: "quickcart:egress", given: "natGateway", allowed: "bastions: Linode's provider has no NAT gateway" }]);
});

test.each([
  ["quickcart:regoin", "fra1", "did you mean quickcart:region?"],
  ["quickcart:timezone", "UTC", "did you mean quickcart:timeZone?"],
  ["quickcart:app", '{"cuont":3}', "did you mean quickcart:app.count?"],
  ["quickcart:bastions", '{"sizes":"c-2"}', "did you mean quickcart:bastions.size?"],
  ["quickcart:loadBalancers", "2", "there are cloud, region, vpcCidr, adminCidrs, bastions, app, egress, timeZone, image"],
])("an unknown %s is refused with a hint", (key, value, hint) => {
  expect(errorsOf({ ...minimal, [key]: value })).toEqual([expect.objectContaining({ allowed: `no such setting; ${hint}` })]);
});

test.each([["Prod"], ["a-stack-far-too-long"], ["-prod"], ["prod-"], ["1st"], ["pr_od"]])("a stack named %s is refused", (stack) => {
  expect(errorsOf(minimal, stack)).toEqual([expect.objectContaining({ key: "the stack's name", given: stack })]);
});

describe("the stacks of this repository", () => {
  /** As Pulumi hands a stack's file to the program. */
  function settingsOf(stack: string): Record<string, string> {
    const file = join(import.meta.dirname, "../../..", `Pulumi.${stack}.yaml`);
    const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
    return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]));
  }

  test("local can be raised as it is", () => {
    expect(parseSettings("local", settingsOf("local"))).toMatchObject({
      siteName: "quickcart-local", region: "fra1", vpcCidr: "10.10.0.0/20", adminCidrs: ["198.18.0.1/32"], app: { count: 1 },
    });
  });

  test.each(["staging", "prod"])("%s misses only who may log in, which is its owner's to say", (stack) => {
    expect(errorsOf(settingsOf(stack), stack).map(({ key, given }) => [key, given])).toEqual([["quickcart:adminCidrs", undefined]]);
  });

  test("no two of them share a private range", () => {
    const ranges = ["local", "staging", "prod"].map((stack) => settingsOf(stack)["quickcart:vpcCidr"]);
    expect(new Set(ranges).size).toBe(3);
  });
});
