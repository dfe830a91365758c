import type { Topology } from "../../agents/documents.ts";
import { Tunnel } from "../../agents/topology/tunnel.ts";

const document = (privateAddress: string): Topology => ({
  version: 1, stack: "local", machines: [{ name: "lb-2", tier: "lb", privateAddress, publicAddress: "198.18.1.2" }],
});

/** A load balancer whose kernel is a list; without the tunnel's device when told so. */
function makeTunnel(): { tunnel: Tunnel; targets: string[]; log: string[]; kernel: { device: boolean } } {
  const targets: string[] = [];
  const log: string[] = [];
  const kernel = { device: true };
  const tunnel = new Tunnel({
    log: (line) => void log.push(line),
    settleMs: 1,
    async run(program, args) {
      if (!kernel.device) throw new Error("bridge fdb show dev vrrp: Cannot find device");
      if (args[1] === "show") return targets.map((target) => `00:00:00:00:00:00 dst ${target} self permanent`).join("\n");
      expect([program, ...args].join(" ")).toMatch(/^bridge fdb (append|del) 00:00:00:00:00:00 dev vrrp dst [0-9.]+$/);
      if (args[1] === "append") targets.push(args.at(-1) ?? "");
      if (args[1] === "del") targets.splice(targets.indexOf(args.at(-1) ?? ""), 1);
      return "";
    },
  });
  return { tunnel, targets, log, kernel };
}

test("leads to the other load balancer, wherever that is now, and says so once", async () => {
  const { tunnel, targets, log } = makeTunnel();
  await tunnel.reach(document("10.10.0.7"));
  await tunnel.reach(document("10.10.0.7"));
  await tunnel.reach(document("10.10.0.8"));
  expect(targets).toEqual(["10.10.0.8"]);
  expect(log).toEqual(["the tunnel vrrp leads to lb-2 at 10.10.0.7", "the tunnel vrrp leads to lb-2 at 10.10.0.8"]);
});

test("a device that is not there yet is told by the follower's next attempt", async () => {
  const { tunnel, targets, kernel } = makeTunnel();
  kernel.device = false;
  await expect(tunnel.reach(document("10.10.0.7"))).rejects.toThrow("Cannot find device");
  kernel.device = true;
  await tunnel.reach(document("10.10.0.7"));
  expect(targets).toEqual(["10.10.0.7"]);
});

test("a tunnel that was made anew is told again", async () => {
  const { tunnel, targets } = makeTunnel();
  await tunnel.reach(document("10.10.0.7"));
  const stop = new AbortController();
  const watching = tunnel.watch(stop.signal);
  targets.length = 0;
  while (targets.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(targets).toEqual(["10.10.0.7"]);
  stop.abort();
  await watching;
});
