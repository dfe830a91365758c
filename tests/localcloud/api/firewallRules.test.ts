import { portRange, readPorts, resolveFirewalls } from "../../../localcloud/api/firewallRules.ts";
import { emptyAccount, type AccountState, type Droplet, type FirewallRecord, type RuleRecord } from "../../../localcloud/api/state/schema.ts";

const droplet = (id: number, tags: string[], deletedAt: number | null = null): Droplet => ({
  id, name: `d-${id}`, status: "active", built: true, deletedAt, createdAt: 0, region: "fra1", size: "c-2", diskGiB: 25, image: "debian-13-x64", features: [],
  userData: null, sshKeys: [], tags, vpcId: "", publicNic: null, privateNic: { mac: "", address: "10.0.0.2" },
});
const rule = (peers: Partial<RuleRecord["peers"]>, ports = "443", protocol: RuleRecord["protocol"] = "tcp"): RuleRecord => ({
  protocol, ports, peers: { addresses: [], dropletIds: [], tags: [], ...peers },
});
const firewall = (part: Partial<FirewallRecord>): FirewallRecord => ({
  id: "f", name: "f", createdAt: 0, inbound: [], outbound: [], dropletIds: [], tags: [], ...part,
});
const state = (droplets: Droplet[], firewalls: FirewallRecord[]): AccountState => ({ ...emptyAccount(), droplets, firewalls });

test.each([
  ["by tag", firewall({ tags: ["app"] }), [1, 2]],
  ["by tag in another spelling", firewall({ tags: ["APP"] }), [1, 2]],
  ["by id", firewall({ dropletIds: [3] }), [3]],
  ["by both, each once", firewall({ dropletIds: [2, 3], tags: ["app"] }), [1, 2, 3]],
  ["by an id that is gone", firewall({ dropletIds: [9] }), []],
  ["by nothing", firewall({}), []],
])("members %s", (_name, given, members) => {
  const droplets = [droplet(1, ["app"]), droplet(2, ["app", "web"]), droplet(3, ["db"])];
  expect(resolveFirewalls(state(droplets, [given]))[0]?.members).toEqual(members);
});

test("a new machine is a member before it is up, one that is off stays one", () => {
  const droplets: Droplet[] = [{ ...droplet(1, ["app"]), status: "new" }, { ...droplet(2, ["app"]), status: "off" }];
  expect(resolveFirewalls(state(droplets, [firewall({ tags: ["app"] })]))[0]?.members).toEqual([1, 2]);
});

test("a machine on its way out is nobody's peer, and everything to and from it is denied", () => {
  const resolved = resolveFirewalls(state([droplet(1, ["app"]), droplet(2, ["app"], 5)], [firewall({ tags: ["app"], inbound: [rule({ tags: ["app"] })] })]));
  expect(resolved).toEqual([
    { id: "f", members: [1], inbound: [{ protocol: "tcp", ports: { from: 443, to: 443 }, peers: { cidrs: [], machines: [1] } }], outbound: [] },
    { id: "leaving", members: [2], inbound: [], outbound: [] },
  ]);
});

test.each([
  ["addresses and ranges", rule({ addresses: ["10.0.0.0/8", "192.0.2.7"] }), [{ cidrs: ["10.0.0.0/8", "192.0.2.7/32"], machines: [] }]],
  ["IPv6, which this cloud has not", rule({ addresses: ["0.0.0.0/0", "::/0"] }), [{ cidrs: ["0.0.0.0/0"], machines: [] }]],
  ["only IPv6: no rule, not one for everybody", rule({ addresses: ["::/0"] }), []],
  ["a tag that nobody carries: no rule", rule({ tags: ["nobody"] }), []],
  ["nothing: no rule", rule({}), []],
  ["tags and ids", rule({ tags: ["app"], dropletIds: [3] }), [{ cidrs: [], machines: [1, 2, 3] }]],
])("peers from %s", (_name, given, peers) => {
  const droplets = [droplet(1, ["app"]), droplet(2, ["app"]), droplet(3, [])];
  const [resolved] = resolveFirewalls(state(droplets, [firewall({ outbound: [given] })]));
  expect(resolved?.outbound.map((each) => each.peers)).toEqual(peers);
});

test.each([
  [rule({ addresses: ["10.0.0.1"] }, "80"), { from: 80, to: 80 }],
  [rule({ addresses: ["10.0.0.1"] }, "8000-9000", "udp"), { from: 8000, to: 9000 }],
  [rule({ addresses: ["10.0.0.1"] }, "0"), null],
  [rule({ addresses: ["10.0.0.1"] }, "1-65535"), null],
  [rule({ addresses: ["10.0.0.1"] }, "0", "icmp"), null],
])("ports of %j", (given, ports) => {
  expect(resolveFirewalls(state([], [firewall({ inbound: [given] })]))[0]?.inbound[0]?.ports).toEqual(ports);
});

test.each([
  ["80", "80"], ["8000-9000", "8000-9000"], ["all", "0"], ["0", "0"], ["1-65535", "1-65535"],
  ["", null], ["http", null], ["70000", null], ["90-80", null], ["-80", null], ["80-", null], ["0-80", null], ["80,443", null],
])("ports %j are read as %j", (text, expected) => {
  expect(readPorts(text)).toBe(expected);
});

test("all ports by any name", () => {
  expect([portRange("0"), portRange("all"), portRange("1-65535"), portRange("22")]).toEqual([null, null, null, { from: 22, to: 22 }]);
});
