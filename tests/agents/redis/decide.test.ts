import { parseClusterNodes, type SlotRange } from "../../../agents/redis/clusterNodes.ts";
import { coordinates, decide } from "../../../agents/redis/decide.ts";
import type { Sight } from "../../../agents/redis/view.ts";
import { ModelCluster } from "./support/modelCluster.ts";

const nothing = { do: "nothing" };
const threeAndThree = ["redis-1:5462 <- redis-4", "redis-2:5461 <- redis-5", "redis-3:5461 <- redis-6"];

test("six machines as new become three masters, each with a replica", () => {
  const cluster = new ModelCluster(6);
  expect(cluster.settle(6)).toEqual(nothing);
  expect(cluster.shape()).toEqual(threeAndThree);
});

test.each([1, 2, 3, 4])("formed by one that dies after %i steps, by the next one brought to its end", (steps) => {
  const cluster = new ModelCluster(6);
  expect(() => cluster.settle(6, steps)).toThrow("not settled");
  expect(cluster.settle(6)).toEqual(nothing);
  expect(cluster.shape()).toEqual(threeAndThree);
});

test("none is formed while one is missing", () => {
  const cluster = new ModelCluster(6);
  cluster.die("redis-5");
  expect(cluster.settle(6)).toEqual({ do: "wait", why: "a cluster is formed once all are there: redis-5 does not answer" });
});

test("machines that hold keys are left alone", () => {
  const cluster = new ModelCluster(6);
  cluster.node("redis-3").keys = 7;
  expect(cluster.settle(6)).toMatchObject({ do: "refuse", why: expect.stringMatching(/^redis-3: holds keys/) });
  expect(cluster.log).toEqual([]);
});

test.each([[8, 4_096], [12, 2_731], [24, 1_366]])("grows to %i machines, replicas before slots", (machines, largest) => {
  const cluster = new ModelCluster(6);
  cluster.settle(6);
  for (let number = 7; number <= machines; number++) cluster.add(`redis-${number}`);
  expect(cluster.settle(machines)).toEqual(nothing);
  const shares = cluster.nodes.map(({ slots }) => slots.length).filter((count) => count > 0);
  expect(shares.reduce((sum, one) => sum + one, 0)).toBe(16_384);
  expect(shares.length).toBe(machines / 2);
  expect(Math.max(...shares)).toBeLessThan(largest * 1.03);
  expect(cluster.shape().every((line) => /<- redis-\d+$/.test(line))).toBe(true);
  expect(cluster.log.lastIndexOf("replicate")).toBeLessThan(cluster.log.indexOf("move"));
});

test("shrinks: those that go hold nothing before they go, and are forgotten once they are gone", () => {
  const cluster = new ModelCluster(12);
  cluster.settle(12);
  expect(cluster.settle(6)).toEqual(nothing);
  expect(cluster.nodes.filter(({ name }) => Number(name.slice(6)) > 6).flatMap(({ slots }) => slots)).toEqual([]);
  expect(cluster.shape().map((line) => line.replace(/redis-(7|8|9|1\d),?/g, "").replace(/,$/, "")).every((line) => /<- redis-[1-6]$/.test(line))).toBe(true);
  for (let number = 7; number <= 12; number++) cluster.die(`redis-${number}`);
  expect(cluster.settle(6)).toEqual(nothing);
  expect(cluster.nodes.map(({ name }) => name).sort()).toEqual(["redis-1", "redis-2", "redis-3", "redis-4", "redis-5", "redis-6"]);
});

test("shrinks to machines that are all replicas: three of them take over first", () => {
  const cluster = new ModelCluster(12);
  cluster.settle(12);
  // Every master is now on a machine that goes.
  for (const name of ["redis-1", "redis-2", "redis-3", "redis-4", "redis-5", "redis-6"]) {
    const node = cluster.node(name);
    const replica = cluster.nodes.find(({ masterId }) => masterId === node.id);
    if (node.role === "master" && replica !== undefined) {
      cluster.die(name);
      node.alive = true;
    }
  }
  cluster.exposed.clear();
  expect(cluster.settle(6)).toEqual(nothing);
  // Not even for the time that slots take to move.
  expect([...cluster.exposed]).toEqual([]);
  const masters = cluster.shape().map((line) => Number(/redis-(\d+):/.exec(line)?.[1]));
  expect(masters.length).toBe(3);
  expect(Math.max(...masters)).toBeLessThanOrEqual(6);
});

test("a shrink that is taken back: drained machines, which follow others by now, become masters again", () => {
  const cluster = new ModelCluster(12);
  cluster.settle(12);
  expect(cluster.settle(6)).toEqual(nothing);
  expect(cluster.settle(12)).toEqual(nothing);
  expect(cluster.log).toContain("release");
  expect(cluster.shape().length).toBe(6);
  expect(cluster.shape().every((line) => /<- redis-\d+$/.test(line))).toBe(true);
});

test("what a node says of itself counts, not what the one that looks has heard of it", () => {
  const cluster = new ModelCluster(6);
  cluster.settle(6);
  const view = cluster.view(6);
  // The news of the third master's slots has not arrived.
  const behind = { ...view.own, nodes: view.own.nodes.map((node) => ({ ...node, slots: node.address === "10.0.0.3" ? [] : node.slots })) };
  expect(decide({ ...view, own: behind })).toEqual(nothing);
});

test("while two nodes hold the same slots nothing is decided", () => {
  const cluster = new ModelCluster(6);
  cluster.settle(6);
  cluster.node("redis-6").slots.push(1, 2, 3);
  expect(cluster.settle(6)).toEqual({ do: "wait", why: "3 slots have two masters until one of them has heard of the other" });
});

test("data that would not fit is not moved at all", () => {
  const cluster = new ModelCluster(12);
  cluster.settle(12);
  cluster.usedMemory = 60_000_000;
  expect(cluster.settle(6)).toEqual({
    do: "refuse", why: "0.34 GiB do not fit onto 3 masters, which may fill 0.25 GiB (90 % of 0.09 GiB each): wanted are 8 machines or more, or larger ones",
  });
});

test("a machine that was made anew takes the place of the replica that is missing, and who it was is forgotten", () => {
  const cluster = new ModelCluster(6);
  cluster.settle(6);
  cluster.die("redis-1");
  expect(cluster.settle(6)).toMatchObject({ do: "wait", why: "redis-1 is not in the cluster, or not well" });
  expect(cluster.nodes.length).toBe(6);
  cluster.add("redis-1");
  expect(cluster.settle(6)).toEqual(nothing);
  expect(cluster.shape()).toEqual(["redis-2:5461 <- redis-5", "redis-3:5461 <- redis-6", "redis-4:5462 <- redis-1"]);
  expect(cluster.nodes.length).toBe(6);
});

test("a lost replica is replaced from a master that has one to spare", () => {
  const cluster = new ModelCluster(8);
  cluster.settle(8);
  const [master, other] = cluster.nodes.filter(({ slots }) => slots.length > 0);
  if (master === undefined || other === undefined) throw new Error("no masters");
  const replica = cluster.nodes.find(({ masterId }) => masterId === master.id);
  const spare = cluster.nodes.find(({ masterId }) => masterId === other.id);
  if (replica === undefined || spare === undefined) throw new Error("no replicas");
  // The third one's replica went over to the second, say by hand.
  const third = cluster.nodes.filter(({ slots }) => slots.length > 0)[2];
  const moved = cluster.nodes.find(({ masterId }) => masterId === third?.id);
  if (moved === undefined) throw new Error("no third replica");
  moved.masterId = other.id;
  cluster.die(replica.name);
  cluster.settle(8);
  expect(cluster.log.slice(-1)).toEqual(["replicate"]);
  expect(cluster.nodes.filter(({ masterId, alive }) => masterId === other.id && alive).length).toBe(1);
});

test("slots whose master died with its replica are waited for, never given away", () => {
  const cluster = new ModelCluster(6);
  cluster.settle(6);
  cluster.die("redis-5");
  cluster.die("redis-2");
  expect(cluster.settle(6)).toMatchObject({ do: "wait", why: expect.stringMatching(/^no replica has taken over from 10\.0\.0\.2/) });
  cluster.add("redis-2");
  cluster.add("redis-5");
  expect(cluster.settle(6)).toMatchObject({ do: "wait", why: expect.stringMatching(/^no replica has taken over/) });
  expect(cluster.shape()).toContain("redis-2:5461 <- nobody");
});

test("a machine of another cluster is not let in", () => {
  const cluster = new ModelCluster(6);
  cluster.settle(6);
  cluster.add("redis-7");
  cluster.add("redis-8");
  Object.assign(cluster.node("redis-8"), { keys: 3 });
  expect(cluster.settle(8)).toMatchObject({ do: "refuse", why: expect.stringMatching(/^redis-8: holds data/) });
  expect(cluster.nodes.filter(({ joined }) => joined).map(({ name }) => name)).not.toContain("redis-8");
  expect(cluster.shape().length).toBe(3);
});

describe("who acts", () => {
  const line = (number: number, rest: string): string => `id${number} 10.0.0.${number}:6379@16379,,nodename=redis-${number} ${rest} - 0 0 ${number} connected`;
  const sight = (self: number, lines: string[]): Sight => ({
    id: `id${self}`, nodes: parseClusterNodes(lines.join("\n")), keys: 0, usedMemory: 0, maxMemory: 0, inStep: true,
  });
  const wanted = [1, 2, 3].map((number) => ({ name: `redis-${number}`, address: `10.0.0.${number}` }));

  test.each<[string, string, Sight, boolean]>([
    ["the first of the document, when nobody knows anybody", "redis-1", sight(1, [line(1, "myself,master")]), true],
    ["not another one", "redis-2", sight(2, [line(2, "myself,master")]), false],
    ["the first one in the cluster", "redis-1", sight(1, [line(1, "myself,master"), line(2, "master")]), true],
    ["the second when the first has failed", "redis-2", sight(2, [line(1, "master,fail"), line(2, "myself,master")]), true],
    ["the second when the first is only suspected: by then they may not see each other", "redis-2", sight(2, [line(1, "master,fail?"), line(2, "myself,master")]), true],
    ["the second when the first was made anew and is not in yet", "redis-2", sight(2, [line(2, "myself,master"), line(3, "slave")]), true],
    ["not the third while the second is well", "redis-3", sight(3, [line(2, "master"), line(3, "myself,slave")]), false],
  ])("%s", (_, self, own, acts) => {
    expect(coordinates(self, wanted, own)).toBe(acts);
  });
});

describe("slots that were on their way", () => {
  function growing() {
    const cluster = new ModelCluster(6);
    cluster.settle(6);
    cluster.add("redis-7");
    cluster.add("redis-8");
    const view = cluster.view(8);
    const [first, ...others] = view.wanted;
    if (!first?.sight) throw new Error("the first one is silent");
    return { view, first, sight: first.sight, others };
  }

  test("are closed before anything else", () => {
    const { view, first, sight, others } = growing();
    const open = { ...sight, nodes: sight.nodes.map((node) => ({ ...node, openSlots: node.self ? [93] : [] })) };
    expect(decide({ ...view, wanted: [{ ...first, sight: open }, ...others] })).toEqual({ do: "mend" });
  });

  test("to a node that has not heard whose they are: it must listen again first", () => {
    const { view, first, sight, others } = growing();
    const deaf = { ...sight, nodes: sight.nodes.map((node) => ({ ...node, slots: node.slots.flatMap(({ from, to }) => without93(from, to)), openSlots: node.self ? [93, 94] : [] })) };
    expect(decide({ ...view, wanted: [{ ...first, sight: deaf }, ...others] })).toEqual({ do: "abandon", id: sight.id, slots: [93] });
  });

  const without93 = (from: number, to: number): SlotRange[] =>
    [{ from, to: Math.min(to, 92) }, { from: Math.max(from, 94), to }].filter((range) => range.from <= range.to);
});

test("no slot moves to a node that has not heard of all of them", () => {
  const cluster = new ModelCluster(6);
  cluster.settle(6);
  cluster.add("redis-7");
  cluster.add("redis-8");
  let view = cluster.view(8);
  for (let steps = 0; decide(view).do !== "move"; steps++) {
    if (steps > 20) throw new Error("it never comes to moving slots");
    cluster.step(8);
    view = cluster.view(8);
  }
  const unheard = view.wanted.map((machine) => machine.name !== "redis-7" || machine.sight === null ? machine
    : { ...machine, sight: { ...machine.sight, nodes: machine.sight.nodes.map((node) => ({ ...node, slots: node.slots.slice(1) })) } });
  expect(decide({ ...view, wanted: unheard })).toEqual({ do: "wait", why: "slots are to be moved, but redis-7 has not heard of all of them yet" });
});

test("one that has not heard of every machine of its cluster yet gets to know it, and gives away nothing", () => {
  const cluster = new ModelCluster(8);
  cluster.settle(8);
  const view = cluster.view(8);
  // Of the fourth master, whose slots would look as if nobody had them.
  const { address } = view.own.nodes.filter(({ slots }) => slots.length > 0)[3] ?? {};
  const partly = { ...view.own, nodes: view.own.nodes.filter((node) => node.address !== address) };
  const wanted = view.wanted.map((machine) => machine.sight?.id === view.own.id ? { ...machine, sight: partly } : machine);
  const name = wanted.find((machine) => machine.address === address)?.name;
  expect(decide({ ...view, own: partly, wanted })).toEqual({ do: "meet", machines: [{ name, address }] });
  // While the two are getting to know each other.
  const joining = { ...partly, nodes: [...partly.nodes, ...view.own.nodes.filter((node) => node.address === address).map((node) => ({ ...node, id: "random", joining: true, slots: [] }))] };
  expect(decide({ ...view, own: joining, wanted: wanted.map((machine) => machine.sight?.id === view.own.id ? { ...machine, sight: joining } : machine) }))
    .toEqual({ do: "wait", why: expect.stringContaining(`${String(name)}`) });
});

test("the first machine, told to know nobody any more, comes back by itself: all others wait for it to act", () => {
  const cluster = new ModelCluster(8);
  cluster.settle(8);
  const [first] = cluster.nodes;
  if (first === undefined) throw new Error("no machines");
  cluster.die("redis-1");
  first.alive = true;
  Object.assign(first, { role: "master", masterId: null, joined: false });
  expect(cluster.settle(8)).toEqual(nothing);
  expect(first.joined).toBe(true);
  expect(cluster.shape().every((line) => /<- redis-\d+$/.test(line))).toBe(true);
});

test("a master without slots that was lost and made anew is forgotten only once nobody follows it", () => {
  const cluster = new ModelCluster(6);
  cluster.settle(6);
  cluster.add("redis-7");
  cluster.add("redis-8");
  while (!cluster.nodes.some(({ masterId }) => masterId === cluster.node("redis-7").id || masterId === cluster.node("redis-8").id)) cluster.step(8);
  const [master, replica] = ["redis-7", "redis-8"].map((name) => cluster.node(name)).toSorted((one) => one.role === "master" ? -1 : 1);
  if (master === undefined || replica === undefined) throw new Error("no pair");
  expect([master.slots, replica.masterId]).toEqual([[], master.id]);
  master.alive = false;
  cluster.add(master.name);
  cluster.node(master.name).address = "10.0.0.99";
  expect(cluster.settle(8)).toEqual(nothing);
  expect(cluster.nodes.length).toBe(8);
  expect(cluster.shape().length).toBe(4);
});

test.each([[12, 6], [12, 8], [24, 6], [6, 12]])("from %i machines to %i no master is without a replica while it holds slots", (before, after) => {
  const cluster = new ModelCluster(Math.max(before, after));
  cluster.settle(before);
  cluster.exposed.clear();
  expect(cluster.settle(after)).toEqual(nothing);
  expect([...cluster.exposed]).toEqual([]);
});

test("a master that is silent, and not heard of yet, loses no slot: the others know of it", () => {
  const cluster = new ModelCluster(8);
  cluster.settle(8);
  const view = cluster.view(8);
  const { address } = view.own.nodes.filter(({ slots }) => slots.length > 0)[3] ?? {};
  const partly = { ...view.own, nodes: view.own.nodes.filter((node) => node.address !== address) };
  const wanted = view.wanted.map((machine) => machine.address === address ? { ...machine, sight: null } : machine.sight?.id === view.own.id ? { ...machine, sight: partly } : machine);
  // Of three masters that are wanted all are there.
  const six = { ...view, own: partly, wanted: wanted.filter(({ name }) => name !== "redis-8" && name !== "redis-7") };
  expect(decide(six).do).not.toBe("assign");
});
