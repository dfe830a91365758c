import { type AccessRow, type Protocol, type Source, type Tier, accessMatrix, egress, privateTiers, tiers } from "../../../components/accessMatrix.ts";
import { type FirewallRule, firewallRules } from "../../../components/firewallRules.ts";
import { type PortRange, formatPorts, ports } from "../../../components/ports.ts";

const admin = ["203.0.113.7/32", "198.51.100.0/24"];

/** May `from` send this to `to`? As the matrix says it, row by row. */
function allowed(from: Source, to: Tier, protocol: Protocol, port: number): boolean {
  return accessMatrix.some((row) => row.from.includes(from) && row.to.includes(to) && row.protocol === protocol && within(port, row.ports));
}

function within(port: number, { from, to }: PortRange): boolean {
  return port >= from && port <= to;
}

function passes(rules: readonly FirewallRule[], peer: Tier | string, protocol: Protocol, port: number): boolean {
  return rules.some((rule) => rule.protocol === protocol && within(port, rule.ports) &&
    (rule.peers.cidrs.includes(peer) || rule.peers.tiers.some((tier) => tier === peer)));
}

test("the matrix reads as it was agreed", () => {
  const line = ({ to, from, protocol, ports: range }: AccessRow) =>
    `${to.length === tiers.length ? "every tier" : to.join(", ")} <- ${from.join(", ")} : ${protocol} ${formatPorts(range)}`;
  expect(accessMatrix.map(line)).toMatchSnapshot();
});

test("every row says why", () => {
  for (const row of [...accessMatrix, ...egress]) expect(row.why).not.toBe("");
});

describe("what the requirements forbid", () => {
  const everySource: readonly Source[] = [...tiers, "anywhere", "admin"];
  const sourcesOf = (to: Tier, protocol: Protocol, port: number) => everySource.filter((from) => allowed(from, to, protocol, port));

  test.each([
    ["the site is everybody's", "lb", 443, ["anywhere"]],
    ["app servers answer load balancers only", "app", 3000, ["lb"]],
    ["over the whole of their range", "app", 8000, ["lb"]],
    ["and nobody beyond it", "app", 8001, []],
    ["PgBouncer answers app servers only", "db", 6432, ["app"]],
    ["etcd is the database tier's own", "db", 2379, ["db"]],
    ["Redis is reached by app servers and itself", "redis", 6379, ["app", "redis"]],
    ["the cluster bus by itself", "redis", 16379, ["redis"]],
    ["machines are entered from bastions only", "app", 22, ["bastion"]],
    ["also load balancers", "lb", 22, ["bastion"]],
    ["bastions from each other and from admins", "bastion", 22, ["bastion", "admin"]],
  ] as const)("%s", (_, to, port, sources) => {
    expect(sourcesOf(to, "tcp", port)).toEqual(sources);
  });

  test("anywhere reaches nothing but the site", () => {
    expect(accessMatrix.filter((row) => row.from.includes("anywhere")).map(({ to, ports: range }) => [to, range]))
      .toEqual([[["lb"], ports.http], [["lb"], ports.https]]);
  });

  test("mail cannot be sent", () => {
    for (const port of [25, 465, 587]) expect(egress.filter((row) => within(port, row.ports))).toEqual([]);
  });
});

describe("firewalls", () => {
  const probes = Object.values(ports).flatMap(({ from, to }) => [from - 1, from, to, to + 1]);

  test.each(tiers)("of %s open exactly what the matrix opens", (tier) => {
    const { inbound } = firewallRules(tier, admin);
    for (const protocol of ["tcp", "udp"] as const) {
      for (const port of probes) {
        for (const from of tiers) expect([from, protocol, port, passes(inbound, from, protocol, port)]).toEqual([from, protocol, port, allowed(from, tier, protocol, port)]);
        expect([protocol, port, passes(inbound, "0.0.0.0/0", protocol, port)]).toEqual([protocol, port, allowed("anywhere", tier, protocol, port)]);
        for (const cidr of admin) expect([cidr, port, passes(inbound, cidr, protocol, port)]).toEqual([cidr, port, allowed("admin", tier, protocol, port)]);
      }
    }
  });

  test.each(tiers)("of %s let out what others let in", (tier) => {
    const { outbound } = firewallRules(tier, admin);
    for (const protocol of ["tcp", "udp"] as const) {
      for (const port of probes) {
        for (const to of tiers) expect([to, protocol, port, passes(outbound, to, protocol, port)]).toEqual([to, protocol, port, allowed(tier, to, protocol, port)]);
        expect([protocol, port, passes(outbound, "0.0.0.0/0", protocol, port)])
          .toEqual([protocol, port, egress.some((row) => row.tiers.includes(tier) && row.protocol === protocol && within(port, row.ports))]);
      }
    }
  });

  test.each(tiers)("of %s fit both clouds: 25 rules in all, none twice", (tier) => {
    const { inbound, outbound } = firewallRules(tier, admin);
    expect(inbound.length + outbound.length).toBeLessThanOrEqual(25);
    for (const rules of [inbound, outbound]) {
      const names = rules.map((rule) => `${rule.protocol} ${formatPorts(rule.ports)}`);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test("a row's peers are joined under one rule, each once", () => {
    const row: AccessRow = { to: ["db"], from: ["app"], protocol: "tcp", ports: ports.postgres, why: "" };
    const tables = { access: [row, { ...row, from: ["app", "db", "admin"] as const }], egress: [] };
    expect(firewallRules("db", ["203.0.113.7/32"], tables)).toEqual({
      inbound: [{ protocol: "tcp", ports: ports.postgres, peers: { tiers: ["app", "db"], cidrs: ["203.0.113.7/32"] } }],
      outbound: [{ protocol: "tcp", ports: ports.postgres, peers: { tiers: ["db"], cidrs: [] } }],
    });
  });

  test("egress travels between private machines and bastions both ways", () => {
    for (const tier of privateTiers) {
      expect(passes(firewallRules(tier, admin).outbound, "bastion", "udp", 4789)).toBe(true);
      expect(passes(firewallRules(tier, admin).inbound, "bastion", "udp", 4789)).toBe(true);
    }
  });
});
