import { icmpEchoRequest, hexOf, ipv4Frame } from "./frames.ts";
import type { Actor } from "./clients.ts";
import { anyone, describeOnKernel, firewall, Lab, type Machine, rule, vpcA } from "./lab.ts";

/** 5 and 6 are public, 7 is private; all are in one VPC. The cloud's own address stands for the internet. */
describeOnKernel("cloud firewalls", () => {
  let lab: Lab;
  let five: Machine;
  let six: Machine;
  let seven: Machine;
  let internet: Actor;

  beforeAll(async () => {
    lab = await Lab.open();
    await lab.networks.addVpc(vpcA);
    [five, six, seven, internet] = await Promise.all([
      lab.machine(5, vpcA.id),
      lab.machine(6, vpcA.id),
      lab.machine(7, vpcA.id, { isPublic: false }),
      lab.cloudActor(),
    ]);
    for (const { actor, spec } of [five, six, seven]) {
      await actor.serve("tcp", 80, spec.name);
      await actor.serve("tcp", 443, spec.name);
      await actor.serve("udp", 53, spec.name);
    }
    await internet.serve("tcp", 80, "echo", "198.18.0.20");
    await internet.serve("udp", 53, "dns", "198.18.0.2");
  });

  afterAll(async () => { await lab.close(); });
  beforeEach(async () => { await lab.networks.applyFirewalls([]); });

  test("a machine in no firewall is open in both directions", async () => {
    await expect(internet.tcp("198.18.1.5", 80)).resolves.toBe("m5 198.18.0.1");
    await expect(internet.udp("198.18.1.5", 53)).resolves.toBe("m5 198.18.0.1");
    await expect(five.actor.tcp("198.18.0.20", 80)).resolves.toBe("echo 198.18.1.5");
    await expect(seven.actor.tcp("10.10.0.5", 80)).resolves.toBe("m5 10.10.0.7");
  });

  test("a firewall without rules closes its members in both directions, on every NIC, and nobody else", async () => {
    await lab.networks.applyFirewalls([firewall("empty", [5], [])]);
    await expect(Promise.all([
      internet.tcpInVain("198.18.1.5", 80),
      internet.udpInVain("198.18.1.5", 53),
      six.actor.tcpInVain("198.18.1.5", 80),
      seven.actor.tcpInVain("10.10.0.5", 80),
      five.actor.tcpInVain("198.18.0.20", 80),
      five.actor.udpInVain("198.18.0.2", 53),
      five.actor.tcpInVain("10.10.0.7", 80),
      five.actor.tcpInVain("198.18.1.6", 80),
    ])).resolves.toEqual(Array.from({ length: 8 }, () => "timeout"));
    await expect(internet.tcp("198.18.1.6", 80)).resolves.toBe("m6 198.18.0.1");
    await expect(six.actor.tcp("10.10.0.7", 80)).resolves.toBe("m7 10.10.0.6");
  });

  test("a rule opens its protocol and ports to its peers, and nothing beside them", async () => {
    await lab.networks.applyFirewalls([firewall("web", [5], [rule("tcp", [79, 81], { cidrs: ["198.18.0.0/24"] })])]);
    await expect(internet.tcp("198.18.1.5", 80)).resolves.toBe("m5 198.18.0.1");
    await expect(Promise.all([
      internet.tcpInVain("198.18.1.5", 443),
      internet.udpInVain("198.18.1.5", 53),
      six.actor.tcpInVain("198.18.1.5", 80),
    ])).resolves.toEqual(["timeout", "timeout", "timeout"]);
  });

  test("an outbound rule opens the way to its destinations, the cloud's own services included", async () => {
    await lab.networks.applyFirewalls([firewall("out", [5], [], [rule("tcp", 80, { cidrs: ["198.18.0.20/32"] }), rule("udp", null, anyone)])]);
    await expect(five.actor.tcp("198.18.0.20", 80)).resolves.toBe("echo 198.18.1.5");
    await expect(five.actor.udp("198.18.0.2", 53)).resolves.toBe("dns 198.18.1.5");
    await expect(five.actor.tcpInVain("198.18.1.6", 80)).resolves.toBe("timeout");
  });

  test("both ends must agree: outbound of the one and inbound of the other", async () => {
    const out = firewall("out", [6], [], [rule("tcp", 80, { machines: [5] })]);
    await lab.networks.applyFirewalls([firewall("in", [5], []), out]);
    await expect(six.actor.tcpInVain("198.18.1.5", 80)).resolves.toBe("timeout");
    await lab.networks.applyFirewalls([firewall("in", [5], [rule("tcp", 80, { machines: [6] })]), out]);
    await expect(six.actor.tcp("198.18.1.5", 80)).resolves.toBe("m5 198.18.1.6");
  });

  test("a machine as a peer is meant by all of its addresses, and only as long as it is one", async () => {
    const from = (machines: number[]) => [firewall("db", [5], [rule("tcp", 80, { machines })])];
    await lab.networks.applyFirewalls(from([6]));
    await expect(six.actor.tcp("10.10.0.5", 80)).resolves.toBe("m5 10.10.0.6");
    await expect(six.actor.tcp("198.18.1.5", 80)).resolves.toBe("m5 198.18.1.6");
    await expect(six.actor.tcp("198.18.1.5", 80, { localAddress: "10.17.0.6" })).resolves.toBe("m5 10.17.0.6");
    await expect(seven.actor.tcpInVain("10.10.0.5", 80)).resolves.toBe("timeout");
    await lab.networks.applyFirewalls(from([7]));
    await expect(seven.actor.tcp("10.10.0.5", 80)).resolves.toBe("m5 10.10.0.7");
    await expect(six.actor.tcpInVain("10.10.0.5", 80)).resolves.toBe("timeout");
  });

  test("several firewalls add up, and each applies to its members only", async () => {
    await lab.networks.applyFirewalls([
      firewall("base", [5, 6], [rule("tcp", 443, anyone)]),
      firewall("web", [5], [rule("tcp", 80, anyone)]),
    ]);
    await expect(internet.tcp("198.18.1.5", 80)).resolves.toBe("m5 198.18.0.1");
    await expect(internet.tcp("198.18.1.5", 443)).resolves.toBe("m5 198.18.0.1");
    await expect(internet.tcp("198.18.1.6", 443)).resolves.toBe("m6 198.18.0.1");
    await expect(internet.tcpInVain("198.18.1.6", 80)).resolves.toBe("timeout");
  });

  test("answers need no rule, and a connection outlives the rule that let it in", async () => {
    await lab.networks.applyFirewalls([firewall("web", [5], [rule("tcp", 80, anyone)])]);
    await expect(internet.tcp("198.18.1.5", 80, { keepAs: "old" })).resolves.toBe("m5 198.18.0.1");
    for (const ids of [["a"], ["b", "c"], []]) {
      await lab.networks.applyFirewalls([firewall("closed", [5], []), ...ids.map((id) => firewall(id, [6], []))]);
      await expect(internet.say("old")).resolves.toBe("still there?");
    }
    await expect(internet.tcpInVain("198.18.1.5", 80)).resolves.toBe("timeout");
  });

  test("replacing the rules loses no packet, of new connections neither", async () => {
    const open = [firewall("dns", [5], [rule("udp", 53, anyone)])];
    await lab.networks.applyFirewalls(open);
    let running = true;
    const reloads = async (): Promise<void> => {
      for (let count = 0; count < 12; count += 1) {
        await lab.networks.applyFirewalls([...open, firewall(`other-${count}`, [6], [rule("tcp", 80, anyone)])]);
      }
      running = false;
    };
    const exchanges = async (): Promise<number> => {
      let lost = 0;
      while (running) lost += await internet.exchangesLost("198.18.1.5", 53, 50);
      return lost;
    };
    const [lost] = await Promise.all([exchanges(), reloads()]);
    expect(lost).toBe(0);
  });

  test("ICMP passes by a rule of its own", async () => {
    const tap = await lab.tap(six, "eth0");
    const ping = (text: string): void => {
      tap.send(ipv4Frame({
        sourceMac: "02:00:00:00:00:06", destinationMac: "02:00:00:00:00:05", source: "198.18.1.6", destination: "198.18.1.5",
        protocol: 1, payload: icmpEchoRequest(text),
      }));
    };
    await lab.networks.applyFirewalls([firewall("web", [5], [rule("tcp", null, anyone)])]);
    ping("denied");
    await lab.networks.applyFirewalls([firewall("web", [5], [rule("icmp", null, anyone)])]);
    ping("allowed");
    const seen = await tap.until(hexOf("allowed"));
    expect(seen.filter((frame) => frame.includes(hexOf("denied")))).toEqual([]);
  });

  test("a firewall applies to a member that is plugged in later", async () => {
    await lab.networks.applyFirewalls([firewall("web", [8], [rule("tcp", 80, { machines: [6] })])]);
    const eight = await lab.machine(8, vpcA.id);
    await eight.actor.serve("tcp", 80, "m8");
    await expect(six.actor.tcp("198.18.1.8", 80)).resolves.toBe("m8 198.18.1.6");
    await expect(five.actor.tcpInVain("198.18.1.8", 80)).resolves.toBe("timeout");
    await lab.networks.unplug(8);
  });
});
