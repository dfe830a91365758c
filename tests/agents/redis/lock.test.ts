import { takeLock } from "../../../agents/redis/lock.ts";

const nodes = "id1 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-16383\nid2 10.0.0.2:6379@16379 master - 0 0 1 connected\n";

/** A node that keeps the lock's slot, or sends on to another where it is on its way to. */
function cluster(holder: string | null, onItsWay: boolean) {
  const said: string[] = [];
  let asking = false;
  const ask = async (address: string, ...[verb = "", ...rest]: string[]): Promise<unknown> => {
    said.push(`${address} ${verb}`);
    if (verb === "CLUSTER") return rest[0] === "KEYSLOT" ? 7 : nodes;
    if (verb === "ASKING") {
      asking = true;
      return "OK";
    }
    if (onItsWay && address === "10.0.0.1") throw new Error("10.0.0.1: SET: ASK 7 10.0.0.2:6379");
    if (onItsWay && !asking) throw new Error("MOVED 7 10.0.0.1:6379");
    asking = false;
    if (verb === "GET") return holder;
    return holder === null ? "OK" : null;
  };
  return { said, ask };
}

test.each([
  ["free", null, false, "redis-1"], ["held by another", "redis-2", false, "redis-2"],
  ["free, in a slot that is on its way", null, true, "redis-1"], ["held by another, in a slot that is on its way", "redis-2", true, "redis-2"],
])("a lock that is %s", async (_, holder, onItsWay, expected) => {
  expect(await takeLock(cluster(holder, onItsWay).ask, "10.0.0.1", "redis-1")).toBe(expected);
});

test("an error that is none of these is told", async () => {
  const { ask } = cluster(null, false);
  await expect(takeLock(async (address, ...words) => words[0] === "SET" ? await Promise.reject(new Error("CLUSTERDOWN")) : await ask(address, ...words), "10.0.0.1", "redis-1")).rejects.toThrow("CLUSTERDOWN");
});
