import { createHash } from "node:crypto";
import { redisSettingsSchema } from "../../agents/redis/settings.ts";
import { filesOf } from "../../components/rendering/files.ts";
import { redisMemory } from "../../components/redis/memory.ts";
import { tlsRefusal } from "../../components/redis/tls.ts";
import { app, redis, roles } from "./support/roles.ts";

const contentOf = (role: Parameters<typeof filesOf>[0], path: string): string => {
  const found = filesOf(role).find((one) => one.path === path);
  if (found === undefined) throw new Error(`${role.name} gets no ${path}`);
  return found.content;
};
const withTls = roles["redis-with-tls"];

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

test("with TLS nothing listens in the clear, between nodes neither, and clients still need a password", () => {
  const lines = contentOf(withTls, "/etc/redis/quickcart.conf").split("\n");
  expect(lines.filter((line) => /^(port|tls-)/.test(line))).toEqual([
    "port 0", "tls-port 6379", "tls-cluster yes", "tls-replication yes", "tls-auth-clients no", "tls-ca-cert-file /etc/quickcart/authority.crt",
    "tls-cert-file /etc/quickcart/redis.crt", "tls-key-file /run/credentials/redis-server.service/redis.key", 'tls-protocols "TLSv1.2 TLSv1.3"',
  ]);
  expect(contentOf(withTls, "/etc/quickcart/redis-users.acl")).toContain("user default off");
  expect(contentOf(redis, "/etc/redis/quickcart.conf").split("\n").filter((line) => /^(port|tls-)/.test(line))).toEqual(["port 6379"]);
});

test("a machine's key is root's alone, and a certificate that is renewed reaches the server", () => {
  const { tls } = withTls;
  expect(filesOf(withTls).filter(({ content }) => content.includes(tls.key))).toEqual([{ path: "/etc/quickcart/redis.key", permissions: "0600", content: tls.key }]);
  const unit = contentOf(withTls, "/etc/systemd/system/redis-server.service.d/quickcart.conf");
  expect(unit).toContain("LoadCredential=redis.key:/etc/quickcart/redis.key\n");
  const watched = /sha256sum (.*) > /.exec(unit)?.[1]?.split(" ");
  expect(watched).toEqual(expect.arrayContaining(["/etc/quickcart/authority.crt", "/etc/quickcart/redis.crt", "/etc/quickcart/redis.key"]));
  expect(contentOf(redis, "/etc/systemd/system/redis-server.service.d/quickcart.conf")).not.toContain("redis.key");
});

test("whoever talks to a node with TLS is told whom to trust, and nobody elsewhere", () => {
  const trust = { authority: "/etc/quickcart/authority.crt", name: "redis.quickcart.internal" };
  const told = (role: Parameters<typeof filesOf>[0], path: string) => contentOf(role, path).split("\n").filter((line) => /TLS|tls|ADDR/.test(line) && !line.startsWith("#"));
  const agent = (role: typeof redis): unknown => redisSettingsSchema.parse(JSON.parse(contentOf(role, "/etc/quickcart/redis.json"))).tls;
  expect([agent(withTls), agent(redis)]).toEqual([trust, null]);
  expect(told(roles["app-with-redis-tls"], "/etc/quickcart/app.env")).toEqual([`REDIS_TLS_CA=${trust.authority}`, `REDIS_TLS_SERVERNAME=${trust.name}`]);
  expect(told(app, "/etc/quickcart/app.env")).toEqual([]);
  expect(filesOf(roles["app-with-redis-tls"]).filter(({ path }) => path === trust.authority)).toHaveLength(1);
  expect(told(withTls, "/etc/quickcart/redis-exporter.env")).toEqual(["REDIS_ADDR=rediss://127.0.0.1:6379", `REDIS_EXPORTER_TLS_CA_CERT_FILE=${trust.authority}`]);
  expect(told(redis, "/etc/quickcart/redis-exporter.env")).toEqual(["REDIS_ADDR=redis://127.0.0.1:6379"]);
  const cli = "/usr/local/sbin/quickcart-redis-cli";
  expect(contentOf(withTls, cli)).toContain(`--user admin --tls --cacert ${trust.authority} --sni ${trust.name} "$@"\n`);
  expect(contentOf(redis, cli)).toContain('--user admin "$@"\n');
});

test.each([
  [undefined, true, null], ["on", true, null], ["off", false, null],
  ["off", true, /was made with TLS off.*pulumi config set --path quickcart:redis\.tls false/],
  ["on", false, /was made with TLS on.*pulumi config set --path quickcart:redis\.tls true/],
])("a cluster made with TLS %s, wanted %s", (kept, wanted, refusal) => {
  const said = tlsRefusal(kept, wanted);
  if (refusal === null) expect(said).toBeNull();
  else expect(said).toMatch(refusal);
});

test("a master that dies is not back before its replica has taken over", () => {
  const [seconds, timeout] = [
    /^RestartSec=(\d+)$/m.exec(contentOf(redis, "/etc/systemd/system/redis-server.service.d/quickcart.conf"))?.[1], /^cluster-node-timeout (\d+)$/m.exec(contentOf(redis, "/etc/redis/quickcart.conf"))?.[1],
  ].map(Number);
  // Missed after half of it more, told to the others within as much, and the replica waits a second at most.
  expect(Number(seconds) * 1_000).toBeGreaterThan(Number(timeout) * 2 + 1_000);
});
