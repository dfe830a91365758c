import type { Actor } from "./clients.ts";
import { anyone, describeOnKernel, firewall, Lab, type Machine, rule, vpcA } from "./lab.ts";

describeOnKernel("faults", () => {
  let lab: Lab;
  let five: Machine;
  let six: Machine;
  let seven: Machine;
  let cloud: Actor;

  beforeAll(async () => {
    lab = await Lab.open();
    await lab.networks.addVpc(vpcA);
    [five, six, seven, cloud] = await Promise.all([
      lab.machine(5, vpcA.id), lab.machine(6, vpcA.id), lab.machine(7, vpcA.id, { isPublic: false }), lab.cloudActor(),
    ]);
    for (const { actor, spec } of [five, six, seven]) {
      await actor.serve("tcp", 80, spec.name);
      await actor.serve("tcp", 81, spec.name);
      await actor.serve("udp", 4789, spec.name);
    }
    await cloud.serve("tcp", 80, "metadata", "169.254.169.254");
    await lab.networks.applyFirewalls([firewall("all", [5, 6, 7], [rule("tcp", null, anyone), rule("udp", null, anyone)], [rule("tcp", null, anyone), rule("udp", null, anyone)])]);
  });

  afterAll(async () => { await lab.close(); });
  afterEach(async () => { await lab.networks.heal(); });

  test("a partition cuts two machines apart on all their addresses, established connections too, and nobody else", async () => {
    await six.actor.tcp("10.10.0.5", 80, { keepAs: "established" });
    await lab.networks.partition(5, 6);
    await expect(six.actor.sayInVain("established")).resolves.toBe("timeout");
    await expect(six.actor.tcpInVain("198.18.1.5", 80)).resolves.toBe("timeout");
    await expect(five.actor.udpInVain("10.10.0.6", 4789)).resolves.toBe("timeout");
    await expect(seven.actor.tcp("10.10.0.5", 80)).resolves.toBe("m5 10.10.0.7");
    await expect(seven.actor.tcp("10.10.0.6", 80)).resolves.toBe("m6 10.10.0.7");
    await expect(cloud.tcp("198.18.1.6", 80)).resolves.toBe("m6 198.18.0.1");
    await lab.networks.heal();
    await expect(six.actor.tcp("198.18.1.5", 80)).resolves.toBe("m5 198.18.1.6");
    // What was sent into the void is sent again.
    await expect(six.actor.say("established")).resolves.toContain("still there?");
  });

  test("a partition cuts both directions", async () => {
    const tap = await lab.tap(five, "eth1");
    const atSix = await lab.tap(six, "eth1");
    await lab.networks.partition(5, 6);
    await six.actor.udpInVain("10.10.0.5", 4789);
    await five.actor.udpInVain("10.10.0.6", 4789);
    // Datagrams of one who is on both sides end what each side has seen; 0800 is IPv4, ARP goes on.
    await seven.actor.udp("10.10.0.5", 4789);
    await seven.actor.udp("10.10.0.6", 4789);
    const from = (id: number): string => `02000000010${id}0800`;
    expect((await tap.until(from(7))).filter((frame) => frame.includes(from(6)))).toEqual([]);
    expect((await atSix.until(from(7))).filter((frame) => frame.includes(from(5)))).toEqual([]);
  });

  test("a partition does not end when the firewalls are replaced", async () => {
    await lab.networks.partition(5, 6);
    await lab.networks.applyFirewalls([]);
    await expect(six.actor.tcpInVain("10.10.0.5", 80)).resolves.toBe("timeout");
  });

  test("a partition on one port leaves the others alone", async () => {
    await lab.networks.partition(5, 7, { protocol: "udp", port: 4789 });
    await expect(seven.actor.udpInVain("10.10.0.5", 4789)).resolves.toBe("timeout");
    await expect(five.actor.udpInVain("10.10.0.7", 4789)).resolves.toBe("timeout");
    await expect(seven.actor.tcp("10.10.0.5", 80)).resolves.toBe("m5 10.10.0.7");
    await lab.networks.partition(5, 7, { protocol: "tcp", port: 80 });
    await expect(seven.actor.tcpInVain("10.10.0.5", 80)).resolves.toBe("timeout");
    await expect(seven.actor.tcp("10.10.0.5", 81)).resolves.toBe("m5 10.10.0.7");
  });

  test("a machine parted from everything reaches nothing and is reached by nothing, the cloud's services included", async () => {
    await cloud.tcp("198.18.1.5", 80, { keepAs: "to five" });
    await lab.networks.partition(5, null);
    await expect(cloud.sayInVain("to five")).resolves.toBe("timeout");
    await expect(cloud.tcpInVain("198.18.1.5", 80)).resolves.toBe("timeout");
    await expect(cloud.udpInVain("198.18.1.5", 4789)).resolves.toBe("timeout");
    await expect(five.actor.tcpInVain("169.254.169.254", 80)).resolves.toBe("timeout");
    await expect(five.actor.tcpInVain("10.10.0.7", 80)).resolves.toBe("timeout");
    await expect(six.actor.tcp("10.10.0.7", 80)).resolves.toBe("m7 10.10.0.6");
  });

  test("a machine parted from everything on one port", async () => {
    await lab.networks.partition(5, null, { protocol: "tcp", port: 80 });
    await expect(cloud.tcpInVain("198.18.1.5", 80)).resolves.toBe("timeout");
    await expect(five.actor.tcpInVain("10.10.0.7", 80)).resolves.toBe("timeout");
    await expect(cloud.tcp("198.18.1.5", 81)).resolves.toBe("m5 198.18.0.1");
  });

  test("healing one machine leaves the faults of others", async () => {
    await lab.networks.partition(5, 6);
    await lab.networks.partition(7, 6);
    await lab.networks.heal(5);
    await expect(five.actor.tcp("10.10.0.6", 80)).resolves.toBe("m6 10.10.0.5");
    await expect(seven.actor.tcpInVain("10.10.0.6", 80)).resolves.toBe("timeout");
  });

  test("loss takes its share of what the machine receives", async () => {
    await lab.networks.lose(5, 50);
    const answers = await six.actor.udpAnswers("10.10.0.5", 4789, 200);
    expect(answers).toBeGreaterThan(40);
    expect(answers).toBeLessThan(160);
    await expect(cloud.udpAnswers("198.18.1.5", 4789, 200)).resolves.toBeLessThan(160);
    await lab.networks.lose(5, 100);
    await expect(six.actor.udpAnswers("10.10.0.5", 4789, 20)).resolves.toBe(0);
    await lab.networks.lose(5, 0);
    await expect(six.actor.udpAnswers("10.10.0.5", 4789, 50)).resolves.toBe(50);
  });

  test("faults of what does not exist or cannot be are refused", async () => {
    await expect(lab.networks.partition(5, 5)).rejects.toThrow("cannot be parted from itself");
    await expect(lab.networks.partition(5, 6, { protocol: "udp", port: 70_000 })).rejects.toThrow("70000 is no udp port");
    await expect(lab.networks.lose(5, 101)).rejects.toThrow("101 is no share of the packets in percent");
    await expect(lab.networks.partition(5, 99)).rejects.toThrow("machine 99 is not plugged in");
    await expect(lab.networks.lose(99, 1)).rejects.toThrow("machine 99 is not plugged in");
  });

  test("a cut machine is gone from every network at once", async () => {
    const eight = await lab.machine(8, vpcA.id);
    await eight.actor.serve("tcp", 80, "m8");
    await six.actor.tcp("10.10.0.8", 80, { keepAs: "to eight" });
    await cloud.tcp("198.18.1.8", 80, { keepAs: "to eight" });
    await lab.networks.cut(8);
    await lab.networks.cut(8);
    await expect(six.actor.sayInVain("to eight")).resolves.toBe("timeout");
    await expect(cloud.sayInVain("to eight")).resolves.toBe("timeout");
    await lab.networks.unplug(8);
    await lab.networks.cut(8);
  });
});
