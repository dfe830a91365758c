import { execFileSync } from "node:child_process";
import type { Actor } from "./clients.ts";
import { describeOnKernel, firewall, Lab, type Machine, vpcA, vpcB } from "./lab.ts";

/** 5 is public and in VPC A, 7 and 8 are private in A and B. */
describeOnKernel("networks are apart", () => {
  let lab: Lab;
  let five: Machine;
  let seven: Machine;
  let eight: Machine;
  let cloud: Actor;

  beforeAll(async () => {
    lab = await Lab.open();
    await lab.networks.addVpc(vpcA);
    await lab.networks.addVpc(vpcB);
    [five, seven, eight, cloud] = await Promise.all([
      lab.machine(5, vpcA.id),
      lab.machine(7, vpcA.id, { isPublic: false }),
      lab.machine(8, vpcB.id, { isPublic: false }),
      lab.cloudActor(),
    ]);
    for (const { actor, spec } of [five, seven, eight]) await actor.serve("tcp", 80, spec.name);
    await cloud.serve("tcp", 80, "metadata", "169.254.169.254");
    await cloud.serve("tcp", 8080, "something else", "169.254.169.254");
    await cloud.serve("tcp", 80, "echo", "198.18.0.20");
  });

  afterAll(async () => { await lab.close(); });

  function inside(machine: Machine, ...lines: string[]): void {
    execFileSync("ip", ["-n", `${lab.netnsPrefix}${machine.spec.id}`, "-batch", "-"], { input: lines.join("\n") + "\n" });
  }

  /** Received by the cloud's own addresses, whether or not somebody listens. */
  function datagramsInCloud(): number {
    const [names = "", values = ""] = lab.inCloud("grep ^Udp: /proc/self/net/snmp").split("\n");
    const counters = new Map(names.split(" ").map((name, index) => [name, Number(values.split(" ")[index])]));
    return (counters.get("InDatagrams") ?? NaN) + (counters.get("NoPorts") ?? NaN);
  }

  test("machines of one VPC reach each other", async () => {
    await expect(five.actor.tcp("10.10.0.7", 80)).resolves.toBe("m7 10.10.0.5");
  });

  test("nothing of the public network reaches a private machine", async () => {
    await expect(cloud.tcp("10.10.0.7", 80)).resolves.toBe("ENETUNREACH");
    inside(five, "route add 10.20.0.0/20 via 198.18.0.1");
    await expect(five.actor.tcpInVain("10.20.0.8", 80)).resolves.not.toContain("m8");
    inside(five, "route del 10.20.0.0/20");
  });

  test("a private machine gets out to nothing, whatever routes it sets", async () => {
    await expect(seven.actor.tcp("198.18.0.20", 80)).resolves.toBe("ENETUNREACH");
    inside(seven, "route add default via 169.254.169.254 dev eth0 onlink");
    await expect(Promise.all([
      seven.actor.tcpInVain("198.18.0.20", 80),
      seven.actor.tcpInVain("198.18.1.5", 80),
      seven.actor.tcpInVain("10.20.0.8", 80),
    ])).resolves.not.toContainEqual(expect.stringMatching(/echo|m5|m8/));
    // Not even a datagram that wants no answer.
    const before = datagramsInCloud();
    await seven.actor.udpInVain("198.18.0.20", 9);
    expect(datagramsInCloud()).toBe(before);
    await five.actor.udpInVain("198.18.0.20", 9);
    expect(datagramsInCloud()).toBe(before + 1);
    inside(seven, "route del default");
  });

  test("the metadata service answers everyone and knows who asks", async () => {
    await expect(five.actor.tcp("169.254.169.254", 80)).resolves.toBe("metadata 198.18.1.5");
    await expect(seven.actor.tcp("169.254.169.254", 80)).resolves.toBe("metadata 10.10.0.7");
    await expect(eight.actor.tcp("169.254.169.254", 80)).resolves.toBe("metadata 10.20.0.8");
  });

  test("no firewall closes the metadata service, and nothing else is open beside it", async () => {
    await lab.networks.applyFirewalls([firewall("closed", [5, 7], [])]);
    await expect(five.actor.tcp("169.254.169.254", 80)).resolves.toBe("metadata 198.18.1.5");
    await expect(seven.actor.tcp("169.254.169.254", 80)).resolves.toBe("metadata 10.10.0.7");
    await lab.networks.applyFirewalls([]);
    await expect(seven.actor.tcpInVain("169.254.169.254", 8080)).resolves.toBe("timeout");
    await expect(five.actor.tcpInVain("169.254.169.254", 8080)).resolves.toBe("timeout");
  });

  test("a VPC's range overlaps no other's and none of the cloud's", async () => {
    await expect(lab.networks.addVpc({ id: "third", cidr: "10.10.8.0/21" })).rejects.toThrow(`VPC third cannot have 10.10.8.0-10.10.15.255: VPC ${vpcA.id} has 10.10.0.0/20`);
    await expect(lab.networks.addVpc({ id: "third", cidr: "10.0.0.0/8" })).rejects.toThrow("overlaps no other");
    await expect(lab.networks.addVpc({ id: "third", cidr: "198.18.128.0/24" })).rejects.toThrow("the cloud itself has 198.18.0.0/16");
    await expect(lab.networks.addVpc({ ...vpcA, cidr: "10.30.0.0/24" })).rejects.toThrow("a VPC keeps its range for life");
  });

  test("a VPC goes when nothing is in it, and adding or removing it twice does no harm", async () => {
    await expect(lab.networks.removeVpc(vpcB.id)).rejects.toThrow("still has machines (8)");
    const empty = { id: "empty", cidr: "10.40.0.0/24" };
    const before = lab.inCloud("ip -o link | cut -d: -f2");
    await lab.networks.addVpc(empty);
    await lab.networks.addVpc(empty);
    await lab.networks.removeVpc("empty");
    await lab.networks.removeVpc("empty");
    expect(lab.inCloud("ip -o link | cut -d: -f2")).toBe(before);
    await expect(seven.actor.tcp("10.10.0.5", 80)).resolves.toBe("m5 10.10.0.7");
  });
});
