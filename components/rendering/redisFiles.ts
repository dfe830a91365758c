import { createHash } from "node:crypto";
import { paths } from "../../agents/redis/settings.ts";
import { ports } from "../ports.ts";
import { redisMemory } from "../redis/memory.ts";
import { tierName } from "../redis/tierName.ts";
import { file, type RenderedFile, script, secret, unit } from "./renderedFile.ts";
import type { RedisRole } from "./role.ts";
import { render } from "./templates.ts";

const configuration = "/etc/redis/quickcart.conf";
const dropIn = "/etc/systemd/system/redis-server.service.d/quickcart.conf";
/** Sums of what the server was started with. */
export const redisStarted = "/run/quickcart-redis.started";
const exporter = "prometheus-redis-exporter";

/** Those that every cluster has: with more in it, user-data of app servers would change whenever it grows. */
export const redisSeeds = Array.from({ length: 6 }, (_, index) => ({ number: index + 1, host: `redis-${String(index + 1)}`, port: ports.redis.from }));

/** Also of app servers, which trust the same one. */
const authority = "/etc/quickcart/authority.crt";
const certificate = "/etc/quickcart/redis.crt";

/** What clients of a cluster with TLS must know. */
export const redisTrust = { authority, name: tierName };

/** What a Redis machine gets beside what every private machine has. */
export function redis(role: RedisRole): RenderedFile[] {
  return [...server(role), ...tls(role), ...agent(role), ...metrics(role)];
}

function tls({ tls: own }: RedisRole): RenderedFile[] {
  return own === null ? [] : [file(authority, own.authority), file(certificate, own.certificate), secret("/etc/quickcart/redis.key", own.key)];
}

function server(role: RedisRole): RenderedFile[] {
  const { admin, app, replica, monitor } = role.passwords;
  // Each a file of root's alone, handed to the server's unit.
  const credentials = ["redis-users.acl", "redis-replication.conf", ...role.tls === null ? [] : ["redis.key"]];
  return [
    file(configuration, render("redis/redis.conf", {
      name: role.name, port: ports.redis.from, credentials: "/run/credentials/redis-server.service", memory: redisMemory(role.memoryMiB),
      tls: role.tls && { authority, certificate },
    })),
    secret("/etc/quickcart/redis-users.acl", render("redis/users.acl", {
      hashes: { admin: sha256(admin), app: sha256(app), replica: sha256(replica), monitor: sha256(monitor) },
    })),
    secret("/etc/quickcart/redis-replication.conf", render("redis/replication.conf", role)),
    file(dropIn, render("redis/redis-dropin.conf", {
      configuration, credentials, started: redisStarted,
      watched: [configuration, dropIn, ...role.tls === null ? [] : [authority, certificate], ...credentials.map((name) => `/etc/quickcart/${name}`)].join(" "),
    })),
  ];
}

function agent(role: RedisRole): RenderedFile[] {
  return [
    file(paths.settings, `${JSON.stringify({ name: role.name, tls: role.tls && redisTrust }, null, 2)}\n`),
    secret(paths.admin, `${role.passwords.admin}\n`),
    script("/usr/local/sbin/quickcart-redis", render("redis/quickcart-redis", {})),
    script("/usr/local/sbin/quickcart-redis-cli", render("redis/quickcart-redis-cli", { admin: paths.admin, tls: role.tls && redisTrust })),
    unit("quickcart-redis", render("redis/quickcart-redis.service", {})),
  ];
}

function metrics(role: RedisRole): RenderedFile[] {
  return [
    secret("/etc/quickcart/redis-exporter.env", render("redis/exporter.env", { ...role, port: ports.redis.from, tls: role.tls && { authority } })),
    file(`/etc/systemd/system/${exporter}.service.d/quickcart.conf`, render("redis/exporter-dropin.conf", { port: ports.redisExporter.from })),
  ];
}

/** As the access list writes passwords: it need not hold them. */
function sha256(password: string): string {
  return createHash("sha256").update(password).digest("hex");
}
