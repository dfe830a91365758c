import { createHash } from "node:crypto";
import { filesOf } from "../../components/rendering/files.ts";
import { redisMemory } from "../../components/redis/memory.ts";
import { app, redis } from "./support/roles.ts";

const holding = (text: string): string[] => filesOf(redis).filter(({ content }) => content.includes(text)).map(({ path }) => path);

test.each([
  ["admin", ["/etc/quickcart/redis-admin"]],
  ["replica", ["/etc/quickcart/redis-replication.conf"]],
  ["monitor", ["/etc/quickcart/redis-exporter.env"]],
  ["app", []],
] as const)("the password of %s is where it is needed, elsewhere its hash", (user, paths) => {
  expect(holding(redis.passwords[user])).toEqual(paths);
  expect(holding(createHash("sha256").update(redis.passwords[user]).digest("hex"))).toEqual(["/etc/quickcart/redis-users.acl"]);
});

test("an app server has the first six machines for seeds", () => {
  const file = filesOf(app).find(({ path }) => path === "/etc/quickcart/app.env");
  expect(file?.permissions).toBe("0600");
  const lines = file?.content.split("\n") ?? [];
  expect(lines.filter((line) => line.startsWith("REDIS_")).map((line) => line.replace(redis.passwords.app, "<password>"))).toEqual([
    "REDIS_USE_CLUSTER=true",
    ...[1, 2, 3, 4, 5, 6].flatMap((number) => [`REDIS_CLUSTER_HOST_${number}=redis-${number}`, `REDIS_CLUSTER_PORT_${number}=6379`]),
    "REDIS_USERNAME=app", "REDIS_PASSWORD=<password>",
  ]);
});

test.each([[1_024, 716, 16], [2_048, 1_433, 16], [16_384, 11_468, 64], [65_536, 45_875, 256]])("of %i MiB %i are for data, %i for the backlog", (memory, data, backlog) => {
  expect(redisMemory(memory)).toEqual({ maxMemoryMiB: data, backlogMiB: backlog });
});
