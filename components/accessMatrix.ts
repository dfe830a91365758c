/**
 * THE table: which tier may reach which, on what port. Everything else is denied, on the wire too. Pure data: firewalls
 * are generated from it, and policies, drills and documents compare what is with what it says.
 */
import { type PortRange, ports } from "./ports.ts";

export const tiers = ["lb", "app", "db", "redis", "monitor", "bastion"] as const;
export type Tier = (typeof tiers)[number];

/** Tiers whose machines have no public interface. */
export const privateTiers = ["app", "db", "redis", "monitor"] as const satisfies readonly Tier[];

/** `admin`: the stack's `adminCidrs`, never the world. */
export type Source = Tier | "anywhere" | "admin";
export type Protocol = "tcp" | "udp";

/** Every `from` may reach every `to`. */
export interface AccessRow {
  readonly to: readonly Tier[];
  readonly from: readonly Source[];
  readonly protocol: Protocol;
  readonly ports: PortRange;
  readonly why: string;
}

export const accessMatrix: readonly AccessRow[] = [
  { to: ["lb"], from: ["anywhere"], protocol: "tcp", ports: ports.http, why: "redirects to https" },
  { to: ["lb"], from: ["anywhere"], protocol: "tcp", ports: ports.https, why: "the site" },
  { to: ["lb"], from: ["lb"], protocol: "udp", ports: ports.vxlan, why: "VRRP, which no cloud firewall can name, inside a point-to-point VXLAN" },
  { to: ["app"], from: ["lb"], protocol: "tcp", ports: ports.app, why: "the app, old and new version side by side during a release" },
  { to: ["db"], from: ["app"], protocol: "tcp", ports: ports.pgbouncer, why: "queries" },
  { to: ["db"], from: ["app"], protocol: "tcp", ports: ports.postgres, why: "migrations and LISTEN, which cannot pass PgBouncer" },
  { to: ["db"], from: ["app"], protocol: "tcp", ports: ports.patroni, why: "health checks: who is primary (unsafe verbs want a client certificate)" },
  { to: ["db"], from: ["db", "monitor"], protocol: "tcp", ports: ports.postgres, why: "replication; the backup proof compares with the primary" },
  { to: ["db"], from: ["db", "monitor"], protocol: "tcp", ports: ports.patroni, why: "members look at each other; Patroni's own metrics" },
  { to: ["db"], from: ["db"], protocol: "tcp", ports: ports.etcd, why: "consensus" },
  { to: ["redis"], from: ["app", "redis"], protocol: "tcp", ports: ports.redis, why: "sessions, cache, queues; replication" },
  { to: ["redis"], from: ["redis"], protocol: "tcp", ports: ports.redisClusterBus, why: "cluster bus" },
  { to: tiers, from: ["monitor"], protocol: "tcp", ports: ports.nodeExporter, why: "metrics of the machine" },
  { to: ["lb"], from: ["monitor"], protocol: "tcp", ports: ports.haproxyExporter, why: "metrics of HAProxy" },
  { to: ["app"], from: ["monitor"], protocol: "tcp", ports: ports.appExporter, why: "metrics of the app; its own ports are the load balancers' alone" },
  { to: ["db"], from: ["monitor"], protocol: "tcp", ports: ports.postgresExporter, why: "metrics of PostgreSQL" },
  { to: ["db"], from: ["monitor"], protocol: "tcp", ports: ports.pgbouncerExporter, why: "metrics of PgBouncer" },
  { to: ["redis"], from: ["monitor"], protocol: "tcp", ports: ports.redisExporter, why: "metrics of Redis" },
  { to: ["monitor"], from: ["bastion"], protocol: "tcp", ports: ports.grafana, why: "dashboards, through the jump host or WireGuard" },
  { to: ["monitor"], from: ["bastion"], protocol: "tcp", ports: ports.prometheus, why: "queries, through the jump host or WireGuard" },
  { to: ["monitor"], from: ["bastion"], protocol: "tcp", ports: ports.alertmanager, why: "silences, through the jump host or WireGuard" },
  { to: tiers, from: ["bastion"], protocol: "tcp", ports: ports.ssh, why: "the only way in for people and for @pulumi/command" },
  { to: ["bastion"], from: ["admin"], protocol: "tcp", ports: ports.ssh, why: "jump host" },
  { to: ["bastion"], from: ["admin"], protocol: "udp", ports: ports.wireguard, why: "WireGuard" },
  { to: ["bastion"], from: privateTiers, protocol: "udp", ports: ports.vxlan, why: "egress of private machines" },
  { to: privateTiers, from: ["bastion"], protocol: "udp", ports: ports.vxlan, why: "answers to that egress; gateways announce themselves" },
];

/** What a tier may reach outside, beyond the tiers above. No SMTP: the clouds block it, so alerts leave by webhook. */
export interface EgressRow {
  readonly tiers: readonly Tier[];
  readonly protocol: Protocol;
  readonly ports: PortRange;
  readonly why: string;
}

export const egress: readonly EgressRow[] = [
  { tiers, protocol: "udp", ports: ports.dns, why: "names" },
  { tiers, protocol: "tcp", ports: ports.dns, why: "names whose answers do not fit a datagram" },
  { tiers, protocol: "tcp", ports: ports.https, why: "object storage, the platforms' APIs" },
  { tiers, protocol: "tcp", ports: ports.http, why: "packages (signed), the cloud's metadata" },
  { tiers, protocol: "udp", ports: ports.ntp, why: "time" },
];
