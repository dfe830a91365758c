import { connectLimitMs, DeadServers } from "../../../agents/lb/deadServers.ts";
import type { ServerState } from "../../../agents/lb/serverState.ts";

type Look = [at: number, health: ServerState["health"], givenUp: boolean];

test.each<[string, Look[]]>([
  ["what was sent to a dead server is given up once, when what was not has gone elsewhere", [
    [0, "up", false], [100, "down", false], [100 + connectLimitMs - 1, "down", false], [100 + connectLimitMs, "down", true], [9_000, "down", false],
  ]],
  ["one that drains finishes what it has", [[0, "stopping", false], [connectLimitMs, "stopping", false]]],
  ["also when it has closed its port", [[0, "up", false], [100, "stopping", false], [600, "down", false], [2_000, "down", false]]],
  ["until it has served again", [[0, "stopping", false], [500, "down", false], [1_000, "up", false], [1_500, "down", false], [2_000, "down", true]]],
  ["one that comes back in time loses nothing", [[0, "down", false], [400, "up", false], [600, "up", false], [700, "down", false], [900, "down", false]]],
  ["one that dies again is given up again", [[0, "down", false], [600, "down", true], [700, "starting", false], [800, "down", false], [1_400, "down", true]]],
])("%s", (_, looks) => {
  const dead = new DeadServers();
  for (const [at, health, givenUp] of looks) expect([at, dead.toGiveUp([{ name: "app-1:10.10.0.5:blue", health }], at)]).toEqual([at, givenUp ? ["app-1:10.10.0.5:blue"] : []]);
});
