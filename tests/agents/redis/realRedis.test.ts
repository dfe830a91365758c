import { Cluster } from "ioredis";
import { slotCount } from "../../../agents/redis/clusterNodes.ts";
import { leave } from "../../../agents/redis/handover.ts";
import { lockKey } from "../../../agents/redis/lock.ts";
import { look } from "../../../agents/redis/survey.ts";
import { redis } from "../../templates/support/roles.ts";
import { describeWithRedis, RedisLab } from "./support/lab.ts";

jest.setTimeout(300_000);

describeWithRedis("the agents of Redis machines, with the Redis that machines have", () => {
  const keys = 3_000;
  let lab: RedisLab;
  let app: Cluster;

  beforeAll(async () => {
    lab = new RedisLab();
    for (let number = 1; number <= 6; number++) await lab.start(number);
    await lab.settle(6);
    app = new Cluster([{ host: lab.address(1), port: 6379 }], { redisOptions: { username: "app", password: redis.passwords.app }, slotsRefreshInterval: 500 });
    app.on("error", () => undefined);
    const pipeline = Array.from({ length: keys }, async (_, number) => app.set(`key:${number}`, `value ${number}`));
    await Promise.all(pipeline);
  });
  afterAll(async () => {
    app.disconnect();
    await lab.end();
  });

  const missing = async (): Promise<number> => {
    const values = await Promise.all(Array.from({ length: keys }, async (_, number) => app.get(`key:${number}`)));
    return values.filter((value, number) => value !== `value ${number}`).length;
  };

  /** Numbers of the machines that hold slots, with how many, and of their replicas. */
  async function shape(): Promise<{ master: number; slots: number; replicas: number[] }[]> {
    const { nodes } = await look(lab.ask, lab.address(1));
    const number = (address: string): number => Number(address.split(".").at(-1));
    return nodes.filter((node) => slotCount(node) > 0).map((node) => ({
      master: number(node.address), slots: slotCount(node),
      replicas: nodes.filter(({ masterId, health }) => masterId === node.id && health === "up").map(({ address }) => number(address)),
    })).toSorted((a, b) => a.master - b.master);
  }

  test("six of them become one cluster by themselves", async () => {
    expect(await shape()).toEqual([
      { master: 1, slots: 5462, replicas: [4] }, { master: 2, slots: 5461, replicas: [5] }, { master: 3, slots: 5461, replicas: [6] },
    ]);
  });

  test("the app can use it, and not change it", async () => {
    await expect(app.call("FLUSHALL")).rejects.toThrow("NOPERM");
    await expect(app.call("CONFIG", "GET", "masterauth")).rejects.toThrow("NOPERM");
    expect(await app.info()).toContain("maxmemory_policy:noeviction");
    expect(await lab.ask(lab.address(1), "CONFIG", "GET", "maxmemory")).toEqual(["maxmemory", String(11_468 * 1024 * 1024)]);
  });

  test("a master that is told to leave hands over, and loses nothing", async () => {
    const log: string[] = [];
    expect(await leave({ ask: lab.ask, ownAddress: lab.address(2), log: (line) => void log.push(line) })).toBe(true);
    expect(log).toEqual([expect.stringMatching(/\.5 has taken over, after [0-2]\.\d\d s$/)]);
    await lab.settle(6);
    expect((await shape()).map(({ master }) => master)).toEqual([1, 3, 5]);
    expect(await leave({ ask: lab.ask, ownAddress: lab.address(2), log: () => undefined })).toBe(true);
    expect(await missing()).toBe(0);
  });

  test("grows to eight while it is written to; slots that somebody left on their way are closed first", async () => {
    // The one where the lock is kept, without which nobody may close any.
    const slot = Number(await lab.ask(lab.address(1), "CLUSTER", "KEYSLOT", lockKey));
    const masters = (await look(lab.ask, lab.address(1))).nodes.filter((node) => slotCount(node) > 0);
    const source = masters.find(({ slots }) => slots.some(({ from, to }) => from <= slot && slot <= to));
    const target = masters.find((node) => node !== source);
    if (source === undefined || target === undefined) throw new Error("the cluster has one master only");
    await lab.ask(target.address, "CLUSTER", "SETSLOT", String(slot), "IMPORTING", source.id);
    await lab.ask(source.address, "CLUSTER", "SETSLOT", String(slot), "MIGRATING", target.id);
    expect(await lab.decision(6)).toBe("mend");
    await lab.start(7);
    await lab.start(8);
    let written = 0;
    await lab.settle(8, async () => {
      await app.set(`during:${written}`, written);
      written += 1;
    });
    const grown = await shape();
    expect(grown.length).toBe(4);
    for (const { slots, replicas } of grown) {
      expect(Math.abs(slots - 4096)).toBeLessThan(100);
      expect(replicas.length).toBe(1);
    }
    expect(await missing()).toBe(0);
    for (let number = 0; number < written; number++) expect(await app.get(`during:${number}`)).toBe(String(number));
  });

  test("shrinks to six: those that go are empty, and forgotten once they are gone", async () => {
    await lab.settle(6);
    expect((await shape()).map(({ master }) => master).every((number) => number <= 6)).toBe(true);
    lab.kill(7);
    lab.kill(8);
    await lab.until("both to be forgotten", async () => {
      await lab.settle(6);
      return (await look(lab.ask, lab.address(1))).nodes.length === 6;
    });
    expect(await missing()).toBe(0);
  });

  test("a master that dies and is made anew, without anything, becomes a replica with everything", async () => {
    const [first] = (await shape()).filter(({ master }) => master !== 1);
    if (first === undefined) throw new Error("no master but the first");
    for (let number = 1; number <= 6; number++) await lab.ask(lab.address(number), "CONFIG", "SET", "cluster-node-timeout", "3000");
    lab.kill(first.master);
    await lab.until("its replica to take over", async () => (await shape()).every(({ master }) => master !== first.master), 90_000);
    await lab.start(first.master, { fresh: true });
    await lab.settle(6);
    const now = await shape();
    expect(now.find(({ replicas }) => replicas.includes(first.master))?.master).toBe(first.replicas[0]);
    expect((await look(lab.ask, lab.address(1))).nodes.length).toBe(6);
    expect(await missing()).toBe(0);
    expect(Number(await lab.ask(lab.address(first.master), "DBSIZE"))).toBeGreaterThan(500);
  });
});
