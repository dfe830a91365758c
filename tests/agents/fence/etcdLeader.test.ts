import { moveOff, successorOf } from "../../../agents/fence/etcdLeader.ts";

const members = ["db-1", "db-2", "db-3"].map((name, index) => ({ id: String(index + 1), name, urls: [], votes: true }));
const own = { member: "1", leader: "1" };

test.each<[string | null, string, Parameters<typeof successorOf>]>([
  ["db-2", "it leads, and is the primary", [{ own, members }, true, ["db-1", "db-2", "db-3"]]],
  ["db-3", "the first one is not well", [{ own, members }, true, ["db-1", "db-3"]]],
  ["db-3", "the first one has no vote", [{ own, members: members.map((one) => ({ ...one, votes: one.name !== "db-2" })) }, true, ["db-2", "db-3"]]],
  [null, "nobody else is well", [{ own, members }, true, ["db-1"]]],
  [null, "it is not the primary", [{ own, members }, false, ["db-2", "db-3"]]],
  [null, "another leads", [{ own: { member: "1", leader: "2" }, members }, true, ["db-2", "db-3"]]],
  [null, "nobody leads", [{ own: { member: "1", leader: null }, members }, true, ["db-2", "db-3"]]],
])("etcd's leader goes to %s: %s", (name, _, args) => {
  expect(successorOf(...args)?.name ?? null).toBe(name);
});

test("it is moved by one call, and only then", async () => {
  const moved: string[] = [];
  const etcd = { own, members: async () => members, ownStatus: async () => etcd.own, moveLeader: async (to: string) => void moved.push(to) };
  expect(await moveOff(etcd, true, ["db-2"])).toBe("etcd's leader goes to db-2: this machine is the primary");
  expect(await moveOff(etcd, false, ["db-2"])).toBeNull();
  expect(await moveOff(etcd, true, [])).toMatch(/stays on the primary/);
  etcd.own = { member: "1", leader: "2" };
  expect(await moveOff(etcd, true, ["db-2"])).toBeNull();
  expect(moved).toEqual(["2"]);
});
