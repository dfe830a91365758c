import { parseClusterNodes, slotCount } from "../../../agents/redis/clusterNodes.ts";

const text = [
  "07c37df 10.10.0.5:6379@16379,,tls-port=0,shard-id=69bc,nodename=redis-2 slave e7d1eec 0 1426238317239 4 connected",
  "67ed2db :0@0,,tls-port=0,shard-id=114f master,noaddr - 1426238316232 1426238316232 2 disconnected",
  "292f8b3 10.10.0.7:6379@16379,,shard-id=fdb1 master,fail? - 1426238318243 1426238316232 3 connected 10923-16383",
  "6ec23923 10.10.0.9:6379@16379 handshake - 0 0 0 disconnected",
  "824fe116 10.10.0.8:6379@16379 slave,fail 67ed2db 1426238316232 1426238316232 5 disconnected",
  "e7d1eec 10.10.0.4:6379@16379 myself,master - 0 0 1 connected 0-5460 5462 [93-<-292f8b3] [77->-e7d1eec]",
  "",
].join("\n");

test("every node, as the one that was asked sees it", () => {
  expect(parseClusterNodes(text).map(({ id, address, role, masterId, health, joining, self, openSlots }) =>
    [id, address, role, masterId, health, joining, self, openSlots])).toEqual([
    ["07c37df", "10.10.0.5", "replica", "e7d1eec", "up", false, false, []],
    ["67ed2db", "", "master", null, "up", false, false, []],
    ["292f8b3", "10.10.0.7", "master", null, "suspected", false, false, []],
    ["6ec23923", "10.10.0.9", "master", null, "up", true, false, []],
    ["824fe116", "10.10.0.8", "replica", "67ed2db", "failed", false, false, []],
    ["e7d1eec", "10.10.0.4", "master", null, "up", false, true, [93, 77]],
  ]);
});

test("slots are counted, those on their way once", () => {
  expect(parseClusterNodes(text).map(slotCount)).toEqual([0, 0, 5461, 0, 0, 5462]);
});

test("what is no such line is not read as one", () => {
  expect(() => parseClusterNodes("ERR unknown command")).toThrow(/CLUSTER NODES has a line that is none: "ERR unknown command"/);
});
