import { arpFrame, type FrameOptions, hexOf, ipv4Frame, ipv6Frame, udpPayload } from "./frames.ts";
import type { Tap } from "./clients.ts";
import { describeOnKernel, Lab, type Machine, vpcA } from "./lab.ts";

const fiveMac = "02:00:00:00:00:05";
const sixMac = "02:00:00:00:00:06";
const strangerMac = "02:00:00:00:00:99";

/** 5 sends, 6 listens to everything on its NIC. No firewall is in force: this is what no rule can allow. */
describeOnKernel("what a machine may put on the wire", () => {
  let lab: Lab;
  let five: Machine;
  let six: Machine;
  let sender: Tap;
  let receiver: Tap;
  let count = 0;

  beforeAll(async () => {
    lab = await Lab.open();
    await lab.networks.addVpc(vpcA);
    [five, six] = await Promise.all([lab.machine(5, vpcA.id), lab.machine(6, vpcA.id)]);
    [sender, receiver] = await Promise.all([lab.tap(five, "eth0"), lab.tap(six, "eth0")]);
  });

  afterAll(async () => { await lab.close(); });

  function udp(change: Partial<FrameOptions>, text = "honest"): string {
    return ipv4Frame({
      sourceMac: fiveMac, destinationMac: sixMac, source: "198.18.1.5", destination: "198.18.1.6", protocol: 17, payload: udpPayload(9, text), ...change,
    });
  }

  /** Sends the frame and an honest one after it, which overtakes nothing. */
  async function arrives(frame: string, mark: string): Promise<boolean> {
    const end = `end-${count++}-`;
    sender.send(frame);
    sender.send(udp({}, end));
    const seen = await receiver.until(hexOf(end));
    return seen.some((one) => one.includes(mark));
  }

  test("an honest datagram passes", async () => {
    await expect(arrives(udp({}, "to be expected"), hexOf("to be expected"))).resolves.toBe(true);
  });

  test.each([["VRRP", 112], ["GRE", 47], ["ESP", 50], ["IP in IP", 4]])("%s does not", async (_, protocol) => {
    await expect(arrives(udp({ protocol, payload: udpPayload(9, "foreign-protocol") }), hexOf("foreign-protocol"))).resolves.toBe(false);
  });

  test("the machine's anchor address is its own as well", async () => {
    await expect(arrives(udp({ source: "10.17.0.5" }, "from-anchor"), hexOf("from-anchor"))).resolves.toBe(true);
  });

  test.each([
    ["an address that nobody has", { source: "198.18.1.77" }],
    ["another machine's address", { source: "198.18.1.6" }],
    ["its own address of the other NIC", { source: "10.10.0.5" }],
    ["the gateway's address", { source: "198.18.0.1" }],
    ["a foreign MAC", { sourceMac: strangerMac }],
    ["another machine's MAC", { sourceMac: sixMac }],
    ["a group of machines", { destinationMac: "01:00:5e:00:00:12", destination: "224.0.0.18" }],
    ["all machines", { destinationMac: "ff:ff:ff:ff:ff:ff", destination: "255.255.255.255" }],
    ["a group at one machine's MAC", { destination: "224.0.0.18" }],
    ["a machine as next hop", { destination: "198.18.0.20" }],
  ])("%s: dropped", async (_, change) => {
    await expect(arrives(udp(change, "forbidden"), hexOf("forbidden"))).resolves.toBe(false);
  });

  test("IPv6 is dropped", async () => {
    await expect(arrives(ipv6Frame({ sourceMac: fiveMac, destinationMac: sixMac, text: "version-six" }), hexOf("version-six"))).resolves.toBe(false);
  });

  describe("ARP", () => {
    const honest = { operation: 2, frameMac: fiveMac, destinationMac: "ff:ff:ff:ff:ff:ff", senderMac: fiveMac, sender: "198.18.1.5", targetMac: sixMac, target: "198.18.1.6" } as const;
    const bodyOf = (frame: string): string => frame.slice(28, 84);

    test("of the machine's own passes", async () => {
      const frame = arpFrame(honest);
      await expect(arrives(frame, bodyOf(frame))).resolves.toBe(true);
    });

    test.each([
      ["for another machine's address", { sender: "198.18.1.6" }],
      ["for the gateway's address", { sender: "198.18.0.1" }],
      ["naming a foreign MAC", { senderMac: strangerMac }],
      ["in a foreign MAC's frame", { frameMac: strangerMac }],
    ])("%s is dropped", async (_, change) => {
      const frame = arpFrame({ ...honest, ...change });
      await expect(arrives(frame, bodyOf(frame))).resolves.toBe(false);
    });
  });

  test("nobody sees what is sent to another", async () => {
    const seven = await lab.machine(7, vpcA.id);
    const listener = await lab.tap(seven, "eth0");
    sender.send(udp({}, "for-six-alone"));
    sender.send(udp({ destinationMac: strangerMac, destination: "198.18.1.7" }, "for-nobody"));
    sender.send(udp({ destinationMac: "02:00:00:00:00:07", destination: "198.18.1.7" }, "for-seven"));
    const seen = await listener.until(hexOf("for-seven"));
    expect(seen.filter((frame) => frame.includes(hexOf("for-six-alone")) || frame.includes(hexOf("for-nobody")))).toEqual([]);
    await lab.networks.unplug(7);
  });

  test("a datagram in fragments arrives whole", async () => {
    await six.actor.serve("udp", 99, "m6");
    await expect(five.actor.udp("198.18.1.6", 99, { bytes: 4_000 })).resolves.toBe("m6 198.18.1.5");
  });
});
