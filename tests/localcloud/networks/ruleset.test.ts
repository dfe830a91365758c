import { policiesOf } from "../../../localcloud/networks/firewallRules.ts";
import { withLoss, withoutFaults, withPartition } from "../../../localcloud/networks/faultList.ts";
import { cablesOf, vpcBridge } from "../../../localcloud/networks/names.ts";
import { compileRuleset } from "../../../localcloud/networks/ruleset.ts";
import { emptyState, type NetworkState } from "../../../localcloud/networks/state.ts";
import { anyone, firewall, machineSpec, rule, vpcA } from "./lab.ts";

const addresses = (id: number): string[] => (id < 90 ? [`10.10.0.${id}`] : []);

describe("firewalls become rules", () => {
  test.each([
    ["one port of anyone", rule("tcp", 80, anyone), ["tcp dport 80 accept"]],
    ["a range of ports", rule("tcp", [3000, 8000], anyone), ["tcp dport 3000-8000 accept"]],
    ["all ports", rule("udp", null, anyone), ["ip protocol udp accept"]],
    ["ICMP", rule("icmp", null, { cidrs: ["10.0.0.0/8"] }), ["ip saddr 10.0.0.0-10.255.255.255 ip protocol icmp accept"]],
    ["machines and ranges, without overlaps", rule("tcp", 22, { cidrs: ["10.10.0.4/31"], machines: [5, 7] }), ["ip saddr { 10.10.0.4-10.10.0.5, 10.10.0.7 } tcp dport 22 accept"]],
    ["a machine that is not plugged in", rule("tcp", 22, { machines: [99] }), []],
    ["nobody", rule("tcp", 22, {}), []],
    ["IPv6 only", rule("tcp", 22, { cidrs: ["::/0"] }), []],
  ])("%s", (_, inbound, expected) => {
    expect(policiesOf([firewall("a", [1], [inbound])], "inbound", addresses)).toEqual([{ members: [1], rules: expected }]);
  });

  test("outbound rules speak of destinations", () => {
    const [policy] = policiesOf([firewall("a", [1], [], [rule("tcp", 443, { cidrs: ["198.18.0.12"] })])], "outbound", addresses);
    expect(policy?.rules).toEqual(["ip daddr 198.18.0.12 tcp dport 443 accept"]);
  });

  test("machines in the same firewalls share a policy; nobody else is in one", () => {
    const ssh = rule("tcp", 22, anyone);
    const policies = policiesOf([firewall("a", [3, 1, 2], [ssh]), firewall("b", [3], [rule("tcp", 80, anyone), ssh]), firewall("c", [], [ssh])], "inbound", addresses);
    expect(policies).toEqual([
      { members: [1, 2], rules: ["tcp dport 22 accept"] },
      { members: [3], rules: ["tcp dport 22 accept", "tcp dport 80 accept"] },
    ]);
  });
});

describe("cables", () => {
  test("of a public machine", () => {
    expect(cablesOf(machineSpec(5, vpcA.id)).map(({ port, nic, bridge }) => `${nic} -> ${port} on ${bridge}`)).toEqual(["eth0 -> p5 on public", "eth1 -> v5 on vpc-a57b8b56e7"]);
  });

  test("of a private machine", () => {
    expect(cablesOf(machineSpec(5, vpcA.id, false)).map(({ port, nic }) => `${nic} -> ${port}`)).toEqual(["eth0 -> v5"]);
  });

  test("names fit the kernel's 15 characters, for the largest id too", () => {
    const names = [vpcBridge(vpcA.id), ...cablesOf(machineSpec(2 ** 32 - 1, vpcA.id)).map(({ port }) => port)];
    expect(names.filter((name) => name.length > 15)).toEqual([]);
    expect(cablesOf(machineSpec(2 ** 32 - 1, vpcA.id))[0]?.portMac).toBe("02:fe:ff:ff:ff:ff");
  });
});

describe("faults", () => {
  const faults = withLoss(withPartition(withPartition([], 1, 2, null), 3, null, { protocol: "udp", port: 4789 }), 2, 5);

  test("the same one twice is one, and a new loss replaces the old", () => {
    expect(withPartition(faults, 1, 2, null)).toEqual(faults);
    expect(withLoss(faults, 2, 7.5).filter(({ kind }) => kind === "loss")).toEqual([{ kind: "loss", machine: 2, percent: 7.5 }]);
    expect(withLoss(faults, 2, 0)).toHaveLength(2);
  });

  test.each([[1, 2], [2, 1], [3, 2], [9, 3]])("healing machine %i leaves %i", (id, left) => {
    expect(withoutFaults(faults, id)).toHaveLength(left);
  });

  test.each([-1, 100.5, NaN, 0.0001])("a loss of %d %% is refused", (percent) => {
    expect(() => withLoss([], 1, percent)).toThrow("is no share of the packets");
  });
});

describe("the text for nft", () => {
  const state: NetworkState = {
    vpcs: [vpcA],
    machines: [machineSpec(5, vpcA.id), machineSpec(6, vpcA.id), machineSpec(7, vpcA.id, false)].map(({ id, nics }) => ({ id, nics })),
    firewalls: [
      firewall("bastion", [5, 6], [rule("tcp", 22, { cidrs: ["198.18.0.1/32"] }), rule("udp", 4789, { machines: [7] })], [rule("tcp", null, anyone)]),
      firewall("app", [7], [rule("tcp", 22, { machines: [5, 6] })]),
    ],
    reserved: [{ address: "198.19.0.1", machine: 5 }, { address: "198.19.0.2", machine: 99 }],
    faults: [
      { kind: "partition", from: 5, to: 7, only: null },
      { kind: "partition", from: 6, to: null, only: { protocol: "udp", port: 4789 } },
      { kind: "partition", from: 5, to: 99, only: null },
      { kind: "loss", machine: 7, percent: 12.5 },
    ],
  };

  test.each(["guard", "filter", "nat", "faults"] as const)("%s", (part) => {
    expect(compileRuleset(state, [part])).toMatchSnapshot();
  });

  test("of an empty cloud", () => {
    expect(compileRuleset(emptyState)).toMatchSnapshot();
  });

  test("compiles sixty machines in no time", () => {
    const ids = Array.from({ length: 60 }, (_, index) => index + 1);
    const rules = Array.from({ length: 12 }, (_, index) => rule("tcp", 1000 + index, { machines: ids }));
    const large: NetworkState = {
      ...emptyState,
      vpcs: [vpcA],
      machines: ids.map((id) => machineSpec(id, vpcA.id)),
      firewalls: Array.from({ length: 6 }, (_, index) => firewall(`tier-${index}`, ids.filter((id) => id % 6 === index), rules, rules)),
    };
    const start = performance.now();
    compileRuleset(large);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
