import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { removeNetworkTraces } from "../../../localcloud/networks/traces.ts";
import type { Actor } from "./clients.ts";
import { anyone, configureInside, describeOnKernel, firewall, Lab, type Machine, machineSpec, rule, vpcA } from "./lab.ts";

const namespaces = (lab: Lab): string[] => readdirSync("/run/netns").filter((name) => name.startsWith(lab.netnsPrefix)).toSorted();

describeOnKernel("a daemon that starts again", () => {
  let lab: Lab;
  let five: Machine;
  let internet: Actor;

  beforeAll(async () => {
    lab = await Lab.open();
    await lab.networks.addVpc(vpcA);
    [five, internet] = await Promise.all([lab.machine(5, vpcA.id), lab.cloudActor()]);
    await five.actor.serve("tcp", 80, "m5");
    await five.actor.serve("tcp", 81, "m5");
    // An answer from another address than the one asked would be a connection of its own.
    await five.actor.serve("udp", 53, "m5", "10.17.0.5");
  });

  afterAll(async () => { await lab.close(); });

  test("disturbs nothing that runs, and forgets no rule", async () => {
    await lab.networks.applyFirewalls([firewall("web", [5], [rule("tcp", 80, anyone), rule("udp", 53, anyone)])]);
    await lab.networks.assignReservedAddress("198.19.0.1", 5);
    await lab.networks.assignReservedAddress("198.19.0.2", 5);
    await internet.tcp("198.19.0.1", 80, { keepAs: "before" });
    let running = true;
    const exchanges = (async () => {
      let lost = 0;
      while (running) lost += await internet.exchangesLost("198.19.0.1", 53, 20);
      return lost;
    })();

    lab.networks = lab.newDaemon();
    await lab.networks.start();
    await lab.networks.addVpc(vpcA);
    await lab.networks.adopt(five.spec);
    await lab.networks.assignReservedAddress("198.19.0.1", 5);
    running = false;
    await expect(exchanges).resolves.toBe(0);
    await expect(internet.say("before")).resolves.toBe("still there?");
    await expect(internet.tcp("198.19.0.2", 80)).resolves.toBe("m5 198.18.0.1");
    await expect(internet.tcpInVain("198.18.1.5", 81)).resolves.toBe("timeout");
  });

  test("starting twice is starting once", async () => {
    const before = lab.inCloud("ip -o addr; ip rule; ip route show table all; ip -o link; nft list ruleset");
    await lab.networks.start();
    const links = (text: string): string => text.replaceAll(/valid_lft \w+ preferred_lft \w+/g, "");
    expect(links(lab.inCloud("ip -o addr; ip rule; ip route show table all; ip -o link; nft list ruleset"))).toBe(links(before));
  });

  test("does not adopt what is gone", async () => {
    await expect(lab.networks.adopt(machineSpec(9, vpcA.id))).rejects.toThrow("machine 9 cannot be adopted, its port p9 and v9 is gone");
  });

  test("prunes what nobody knows any more, and leaves the others alone", async () => {
    await lab.plug(machineSpec(8, vpcA.id));
    // As left by a daemon that was killed while it plugged a machine in.
    execFileSync("ip", ["netns", "add", `${lab.netnsPrefix}77`]);
    lab.inCloud("ip link add p78 type veth peer name v78");
    await lab.networks.addVpc({ id: "unknown", cidr: "10.50.0.0/24" });
    await lab.networks.prune({ machines: [5], vpcs: [vpcA.id] });
    expect(namespaces(lab)).toEqual([`${lab.netnsPrefix}5`]);
    expect(lab.inCloud("ip -o link | grep -cE ' (p|v)[0-9]+|vpc-'").trim()).toBe("3");
    await expect(internet.say("before")).resolves.toBe("still there?");
  });
});

describeOnKernel("machines come and go", () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.open();
    await lab.networks.addVpc(vpcA);
  });

  afterAll(async () => { await lab.close(); });

  test("NICs have the provider's order and the MACs of the order", async () => {
    await lab.networks.plug(machineSpec(5, vpcA.id));
    await lab.networks.plug(machineSpec(7, vpcA.id, false));
    const nics = (id: number): string[] => {
      const links: unknown = JSON.parse(execFileSync("ip", ["-j", "-n", `${lab.netnsPrefix}${id}`, "link"], { encoding: "utf8" }));
      if (!Array.isArray(links)) throw new Error("ip gave no list of links");
      return links.map((link: { ifname: string; address: string; mtu: number }) => `${link.ifname} ${link.address} ${link.mtu}`).filter((text) => text.startsWith("eth"));
    };
    expect(nics(5)).toEqual(["eth0 02:00:00:00:00:05 1500", "eth1 02:00:00:00:01:05 1500"]);
    expect(nics(7)).toEqual(["eth0 02:00:00:00:01:07 1500"]);
  });

  test("unplugging leaves nothing, twice and for machines that never were", async () => {
    const before = { links: lab.inCloud("ip -o link | cut -d: -f2; nft list ruleset"), namespaces: namespaces(lab) };
    await lab.networks.plug(machineSpec(6, vpcA.id));
    await lab.networks.unplug(6);
    await lab.networks.unplug(6);
    await lab.networks.unplug(1234);
    expect({ links: lab.inCloud("ip -o link | cut -d: -f2; nft list ruleset"), namespaces: namespaces(lab) }).toEqual(before);
  });

  test("a machine's namespace is made anew at every power-on", async () => {
    const spec = machineSpec(6, vpcA.id);
    const { netns } = await lab.networks.plug(spec);
    configureInside(netns, spec);
    await lab.networks.cut(6);
    await lab.networks.plug(spec);
    // Nothing is left of what the machine had set before its power failed.
    expect(execFileSync("ip", ["-n", netns, "-o", "addr"], { encoding: "utf8" })).toBe("");
    configureInside(netns, spec);
    const actor = await lab.actor(netns);
    await actor.serve("tcp", 80, "m6");
    const cloud = await lab.cloudActor();
    await expect(cloud.tcp("198.18.1.6", 80)).resolves.toBe("m6 198.18.0.1");
  });

  test("the next machine with the same address inherits no open connection", async () => {
    const { actor } = await lab.machine(10, vpcA.id);
    await actor.serve("tcp", 80, "old");
    const cloud = await lab.cloudActor();
    await cloud.tcp("198.18.1.10", 80, { keepAs: "old" });
    await lab.networks.unplug(10);
    expect(lab.inCloud("conntrack -L 2>/dev/null | grep -c 198.18.1.10 || true").trim()).toBe("0");
  });

  test("what cannot be plugged in is refused and leaves nothing", async () => {
    const before = namespaces(lab);
    const spec = machineSpec(20, vpcA.id);
    const withPrivate = (change: Partial<typeof spec.nics.private>) => ({ ...spec, nics: { ...spec.nics, private: { ...spec.nics.private, ...change } } });
    await expect(lab.networks.plug(withPrivate({ vpcId: "none" }))).rejects.toThrow("VPC none does not exist");
    await expect(lab.networks.plug(withPrivate({ address: "10.99.0.1" }))).rejects.toThrow("10.99.0.1 is outside 10.10.0.0/20");
    await expect(lab.networks.plug(withPrivate({ address: "10.10.0.5" }))).rejects.toThrow("machine 5 already has 10.10.0.5");
    await expect(lab.networks.plug(withPrivate({ mac: "none" }))).rejects.toThrow("ip -batch");
    await expect(lab.networks.plug({ ...spec, id: 2 ** 32 })).rejects.toThrow("ids are whole numbers from 1 to 4294967295");
    expect(namespaces(lab)).toEqual(before);
    await expect(lab.networks.applyFirewalls([firewall("bad", [5], [rule("tcp", 80, { cidrs: ["10.0.0.0/33"] })])])).rejects.toThrow("no IPv4 range");
    await lab.networks.plug(spec);
    await lab.networks.unplug(20);
  });
});

describeOnKernel("the end of the cloud", () => {
  test("nothing is left, also of what was half made; and once more changes nothing", async () => {
    const lab = await Lab.open();
    const names = { cloudNetns: lab.cloudNetns, netnsPrefix: lab.netnsPrefix };
    try {
      await lab.networks.addVpc(vpcA);
      const five = await lab.machine(5, vpcA.id);
      await lab.networks.plug(machineSpec(6, vpcA.id));
      // `ip netns add` that was killed between the name and the mount.
      writeFileSync(`/run/netns/${lab.netnsPrefix}7`, "");
      await removeNetworkTraces(names);
      // Of a host's last namespaces not even the folder is left.
      const left = (existsSync("/run/netns") ? readdirSync("/run/netns") : []).filter((name) => name.startsWith(lab.netnsPrefix) || name === lab.cloudNetns);
      expect(left).toEqual([]);
      // Even in a namespace that a process holds there is no cable left.
      await expect(five.actor.tcp("198.18.0.1", 80)).resolves.toBe("ENETUNREACH");
      await removeNetworkTraces(names);
    } finally {
      await lab.close();
    }
  });
});
