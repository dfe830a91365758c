import type { Actor } from "./clients.ts";
import { anyone, describeOnKernel, firewall, Lab, type Machine, rule, vpcA } from "./lab.ts";

const floating = "198.19.0.1";

describeOnKernel("reserved addresses", () => {
  let lab: Lab;
  let five: Machine;
  let six: Machine;
  let seven: Machine;
  let internet: Actor;

  beforeAll(async () => {
    lab = await Lab.open();
    await lab.networks.addVpc(vpcA);
    [five, six, seven, internet] = await Promise.all([lab.machine(5, vpcA.id), lab.machine(6, vpcA.id), lab.machine(7, vpcA.id), lab.cloudActor()]);
    for (const { actor, spec } of [five, six]) {
      await actor.serve("tcp", 80, spec.name);
      await actor.serve("udp", 53, spec.name, spec.nics.public?.anchorAddress);
    }
    await internet.serve("tcp", 80, "echo", "198.18.0.20");
  });

  afterAll(async () => { await lab.close(); });

  beforeEach(async () => {
    await lab.networks.applyFirewalls([]);
    await lab.networks.assignReservedAddress(floating, 5);
  });

  test("arrive at their holder, for the internet and for other machines", async () => {
    await expect(internet.tcp(floating, 80)).resolves.toBe("m5 198.18.0.1");
    await expect(internet.udp(floating, 53)).resolves.toBe("m5 198.18.0.1");
    await expect(seven.actor.tcp(floating, 80)).resolves.toBe("m5 198.18.1.7");
  });

  test("leave their holder when it sends from its anchor address", async () => {
    await expect(five.actor.tcp("198.18.0.20", 80, { localAddress: "10.17.0.5" })).resolves.toBe(`echo ${floating}`);
    await expect(five.actor.tcp("198.18.1.6", 80, { localAddress: "10.17.0.5" })).resolves.toBe(`m6 ${floating}`);
    await expect(five.actor.tcp("198.18.0.20", 80)).resolves.toBe("echo 198.18.1.5");
  });

  test("are behind the holder's firewall", async () => {
    await lab.networks.applyFirewalls([firewall("web", [5], [rule("tcp", 443, anyone), rule("udp", 53, anyone)])]);
    await expect(internet.udp(floating, 53)).resolves.toBe("m5 198.18.0.1");
    await expect(internet.tcpInVain(floating, 80)).resolves.toBe("timeout");
    await lab.networks.applyFirewalls([firewall("web", [5], [rule("tcp", 80, anyone)])]);
    await expect(internet.tcp(floating, 80)).resolves.toBe("m5 198.18.0.1");
  });

  test("move: new connections reach the new holder, old ones are reset, those of other addresses live on", async () => {
    await internet.tcp(floating, 80, { keepAs: "moved" });
    await internet.tcp("198.18.1.5", 80, { keepAs: "stays" });
    await lab.networks.assignReservedAddress(floating, 6);
    await expect(internet.tcp(floating, 80)).resolves.toBe("m6 198.18.0.1");
    await expect(seven.actor.tcp(floating, 80)).resolves.toBe("m6 198.18.1.7");
    await expect(internet.say("moved")).resolves.toBe("ECONNRESET");
    await expect(internet.say("stays")).resolves.toBe("still there?");
  });

  test("answer nobody when they are free", async () => {
    await lab.networks.assignReservedAddress(floating, null);
    await expect(internet.tcpInVain(floating, 80)).resolves.toBe("timeout");
    await expect(seven.actor.tcpInVain(floating, 80)).resolves.toBe("timeout");
  });

  test("stay with a holder that is powered off and on again", async () => {
    await lab.networks.unplug(6);
    await lab.networks.assignReservedAddress(floating, 6);
    await expect(internet.tcpInVain(floating, 80)).resolves.toBe("timeout");
    six = await lab.machine(6, vpcA.id);
    await six.actor.serve("tcp", 80, "m6 again");
    await expect(internet.tcp(floating, 80)).resolves.toBe("m6 again 198.18.0.1");
  });

  test("are refused where they cannot be", async () => {
    await lab.machine(8, vpcA.id, { isPublic: false });
    await expect(lab.networks.assignReservedAddress(floating, 8)).rejects.toThrow("it has no public NIC");
    await expect(lab.networks.assignReservedAddress("198.18.1.5", 5)).rejects.toThrow("reserved addresses are in 198.19.0.0/16");
    await expect(internet.tcp(floating, 80)).resolves.toBe("m5 198.18.0.1");
  });
});
