import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Machine, Topology } from "../../agents/documents.ts";
import { applyHosts } from "../../agents/topology/apply.ts";
import { birdNeighbours } from "../../agents/topology/bird.ts";
import { fdbEntries, planFlood } from "../../agents/topology/flood.ts";
import { withHostsBlock } from "../../agents/topology/hosts.ts";
import { initialOutside, judgeOutside } from "../../agents/topology/outside.ts";
import { overlay } from "../../agents/topology/overlay.ts";
import { OutsideProbe } from "../../agents/topology/probe.ts";
import { WayOut } from "../../agents/topology/wayOut.ts";

const bastion: Machine = { name: "bastion-1", tier: "bastion", privateAddress: "10.10.0.2", publicAddress: "198.18.1.1" };
const app1: Machine = { name: "app-1", tier: "app", privateAddress: "10.10.3.4", publicAddress: null };
const app2: Machine = { name: "app-2", tier: "app", privateAddress: "10.10.0.5", publicAddress: null };
const topology = (...machines: Machine[]): Topology => ({ version: 1, stack: "local", machines });

const begin = "# BEGIN quickcart: written from the topology document, changes are lost";
const block = (...lines: string[]): string => [begin, ...lines, "# END quickcart", ""].join("\n");
const ofApp1 = "10.10.3.4 app-1.quickcart.internal app-1";
const ofBastion = "10.10.0.2 bastion-1.quickcart.internal bastion-1";

test.each([
  ["an empty file", "", [app1], block(ofApp1)],
  ["a file of others", "127.0.0.1 localhost\n", [app1], `127.0.0.1 localhost\n\n${block(ofApp1)}`],
  ["machines in any order", "", [bastion, app1], block(ofApp1, ofBastion)],
  ["an earlier block", `127.0.0.1 localhost\n\n${block(ofApp1, ofBastion)}`, [bastion], `127.0.0.1 localhost\n\n${block(ofBastion)}`],
  ["lines after the block", `${block(ofApp1)}192.0.2.1 printer\n`, [bastion], `192.0.2.1 printer\n\n${block(ofBastion)}`],
  ["a file without a last line's end", "127.0.0.1 localhost", [app1], `127.0.0.1 localhost\n\n${block(ofApp1)}`],
  ["a block cut short", `127.0.0.1 localhost\n${begin}\n10.10.`, [app1], `127.0.0.1 localhost\n\n${block(ofApp1)}`],
])("names machines in %s", (_, before, machines, after) => {
  expect(withHostsBlock(before, machines)).toBe(after);
  expect(withHostsBlock(after, machines)).toBe(after);
});

test.each([
  { wanted: [], actual: [], commands: [] },
  { wanted: ["10.10.0.4"], actual: [], commands: ["fdb append 00:00:00:00:00:00 dev egress1 dst 10.10.0.4"] },
  { wanted: ["10.10.0.4"], actual: ["10.10.0.4"], commands: [] },
  { wanted: [], actual: ["10.10.0.4"], commands: ["fdb del 00:00:00:00:00:00 dev egress1 dst 10.10.0.4"] },
  {
    wanted: ["10.10.0.4", "10.10.0.6"], actual: ["10.10.0.4", "10.10.0.5"],
    commands: ["fdb del 00:00:00:00:00:00 dev egress1 dst 10.10.0.5", "fdb append 00:00:00:00:00:00 dev egress1 dst 10.10.0.6"],
  },
])("floods to $wanted instead of $actual", ({ wanted, actual, commands }) => {
  expect(planFlood("egress1", wanted, actual.map((target) => ({ mac: "00:00:00:00:00:00", target }))).map((command) => command.join(" "))).toEqual(commands);
});

test("forgets with a machine what was learned from it, and nothing else", () => {
  const entries = [
    { mac: "00:00:00:00:00:00", target: "10.10.0.7" },
    { mac: "02:71:65:00:00:02", target: "10.10.0.7" },
    { mac: "02:71:65:00:00:03", target: "10.10.0.9" },
  ];
  expect(planFlood("vrrp", ["10.10.0.8"], entries).map((command) => command.join(" "))).toEqual([
    "fdb del 00:00:00:00:00:00 dev vrrp dst 10.10.0.7",
    "fdb del 02:71:65:00:00:02 dev vrrp dst 10.10.0.7",
    "fdb append 00:00:00:00:00:00 dev vrrp dst 10.10.0.8",
  ]);
});

test("reads the kernel's own table", () => {
  expect(fdbEntries([
    "00:00:00:00:00:00 dst 10.10.0.4 self permanent",
    "02:71:64:01:00:04 dst 10.10.0.4 self ",
    "00:00:00:00:00:00 dst 10.10.0.5 via eth1 self permanent",
    "",
  ].join("\n"))).toEqual([
    { mac: "00:00:00:00:00:00", target: "10.10.0.4" },
    { mac: "02:71:64:01:00:04", target: "10.10.0.4" },
    { mac: "00:00:00:00:00:00", target: "10.10.0.5" },
  ]);
});

test("derives overlay addresses from the VPC's", () => {
  expect([overlay.address(1, "10.10.3.4"), overlay.address(2, "10.10.3.4"), overlay.gatewayAddress(2)]).toEqual(["100.64.3.4", "100.65.3.4", "100.65.255.254"]);
});

test("answers with BFD to private machines only, and to nobody without an outside", () => {
  expect(birdNeighbours(2, [bastion, app1, app2], true).split("\n").slice(1)).toEqual([
    'neighbor 100.65.0.5 dev "egress2"; # app-2', 'neighbor 100.65.3.4 dev "egress2"; # app-1', "",
  ]);
  expect(birdNeighbours(2, [bastion, app1, app2], false)).not.toContain("neighbor");
});

test.each([
  { probes: "x", alive: true },
  { probes: "xx.xx.xx", alive: true },
  { probes: "xxx", alive: false },
  { probes: "xxx....x", alive: false },
  { probes: "xxx....x....", alive: false },
  { probes: "xxx.....", alive: true },
  { probes: "xxx.....xx.", alive: true },
])("after probes $probes the outside counts as alive: $alive", ({ probes, alive }) => {
  expect([...probes].reduce((state, probe) => judgeOutside(state, probe === "."), initialOutside).alive).toBe(alive);
});

test("a refused connection proves the way, a silent target does not hide the next one", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  // Multicast: nothing answers there, and no packet leaves the machine.
  const silent = { host: "224.0.0.1", port: 9 };
  expect(await new OutsideProbe([silent]).reaches()).toBe(false);
  expect(await new OutsideProbe([silent, { host: "127.0.0.1", port }]).reaches()).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await new OutsideProbe([{ host: "127.0.0.1", port }]).reaches()).toBe(true);
});

describe("in a folder", () => {
  let folder: string;
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), "quickcart-topology-")); });
  afterEach(() => rm(folder, { recursive: true }));

  test("writes the hosts file as a whole and only when it differs", async () => {
    const path = join(folder, "hosts");
    await writeFile(path, "127.0.0.1 localhost\n");
    await applyHosts(path, topology(app1));
    const written = await readFile(path, "utf8");
    expect(written).toContain(ofApp1);
    await applyHosts(path, topology(app1));
    expect(await readFile(path, "utf8")).toBe(written);
  });

  /** A bastion whose kernel is a list and whose BIRD can be told to fail. */
  function makeWayOut(): { wayOut: WayOut; targets: string[]; commands: string[]; neighbours: () => Promise<string>; bird: { failing: boolean }; outside: { reached: boolean } } {
    const targets: string[] = [];
    const commands: string[] = [];
    const bird = { failing: false };
    const outside = { reached: true };
    const neighboursPath = join(folder, "machines.conf");
    const wayOut = new WayOut({
      gateway: 1, neighboursPath, log: () => undefined,
      probe: { reaches: async () => outside.reached },
      async run(program, args) {
        if (args[1] === "show") return targets.map((target) => `00:00:00:00:00:00 dst ${target} self permanent`).join("\n");
        commands.push([program, ...args].join(" "));
        if (program === "birdc" && bird.failing) throw new Error("birdc: no such file or directory");
        if (args[1] === "append") targets.push(args.at(-1) ?? "");
        if (args[1] === "del") targets.splice(targets.indexOf(args.at(-1) ?? ""), 1);
        return "";
      },
    });
    return { wayOut, targets, commands, neighbours: () => readFile(neighboursPath, "utf8"), bird, outside };
  }

  test("a bastion follows the machines that come and go, and touches nothing twice", async () => {
    const { wayOut, targets, commands, neighbours } = makeWayOut();
    await wayOut.serve(topology(bastion, app1));
    await wayOut.serve(topology(bastion, app1));
    expect(commands).toEqual(["bridge fdb append 00:00:00:00:00:00 dev egress1 dst 10.10.3.4", "birdc configure"]);
    await wayOut.serve(topology(bastion, app2));
    expect(targets).toEqual(["10.10.0.5"]);
    expect(await neighbours()).toContain("neighbor 100.64.0.5 ");
    expect(await neighbours()).not.toContain("100.64.3.4");
  });

  test("tells BIRD again when it could not be told", async () => {
    const { wayOut, commands, bird } = makeWayOut();
    bird.failing = true;
    await expect(wayOut.serve(topology(app1))).rejects.toThrow("birdc");
    bird.failing = false;
    await wayOut.serve(topology(app1));
    expect(commands.filter((command) => command === "birdc configure")).toHaveLength(2);
  });

  test("tells BIRD what an agent that was killed may have written without telling it", async () => {
    await makeWayOut().wayOut.serve(topology(app1));
    const { wayOut, commands } = makeWayOut();
    await wayOut.serve(topology(app1));
    expect(commands).toContain("birdc configure");
  });

  test("a bastion without an outside leaves egress to the other one, until it is back", async () => {
    const { wayOut, outside, neighbours } = makeWayOut();
    await wayOut.serve(topology(app1));
    const stop = new AbortController();
    const watching = wayOut.watch(stop.signal);
    const until = async (condition: (text: string) => boolean): Promise<void> => {
      while (!condition(await neighbours())) await new Promise((resolve) => setImmediate(resolve));
    };
    outside.reached = false;
    await until((text) => !text.includes("neighbor"));
    outside.reached = true;
    await until((text) => text.includes("neighbor 100.64.3.4 "));
    stop.abort();
    await watching;
  });
});
