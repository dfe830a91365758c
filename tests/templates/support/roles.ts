import { createHash } from "node:crypto";
import type { AppRole, BastionRole, Common, DbRole, LbRole, MonitorRole, RedisRole } from "../../../components/userData.ts";

const hash = (digit: string): string => digit.repeat(64);

/** As long as a real one, as hard to compress, and the same every time. */
function pem(label: string, bytes: number): string {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, index) => createHash("sha256").update(`${label} ${String(index)}`).digest());
  const body = Buffer.concat(blocks).subarray(0, bytes).toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}

function password(label: string): string {
  return createHash("sha512").update(label).digest("base64").replace(/[^A-Za-z0-9]/g, "").slice(0, 40);
}

/** Nothing in here is a secret of anybody. */
export const common: Common = {
  name: "machine-1",
  stack: "local",
  cloud: "digitalocean",
  timeZone: "Asia/Jakarta",
  storage: {
    endpoint: "fra1.digitaloceanspaces.com", region: "fra1", bucket: "quickcart-local-private",
    accessKey: "DO00EXAMPLEEXAMPLE00", secretKey: "example/example+example0123456789example012",
  },
  runtime: `runtime/node-${hash("1")}.zst`,
  agents: { topology: `agents/topology-${hash("2")}.mjs`, release: `agents/release-${hash("3")}.mjs`, lb: `agents/lb-${hash("4")}.mjs`, redis: `agents/redis-${hash("6")}.mjs`, fence: `agents/fence-${hash("7")}.mjs`, backup: `agents/backup-${hash("8")}.mjs`, proof: `agents/proof-${hash("9")}.mjs` },
};

export const bastion: BastionRole = { ...common, name: "bastion-1", tier: "bastion", gateway: 1 };
export const app: AppRole = {
  ...common, name: "app-1", tier: "app", egress: "bastions", port: 3000,
  database: { members: 3, replicaLagMiB: 16, authority: pem("CERTIFICATE", 420), passwords: { app: password("app"), owner: password("owner") } },
  redis: { password: password("redis app"), tls: false },
};
const machine = { vcpus: 8, memoryMiB: 32_768 };
export const db: DbRole = {
  ...common, name: "db-1", tier: "db", egress: "bastions", members: 3, machine, fleet: [machine, machine, machine], maxConnections: null,
  authority: pem("CERTIFICATE", 420), certificate: pem("CERTIFICATE", 520), key: pem("PRIVATE KEY", 138),
  passwords: {
    owner: password("owner"), app: password("app"), monitor: password("monitor"), proof: password("proof"),
    replication: password("replication"), rewind: password("rewind"), pgbouncer: password("pgbouncer"),
  },
  fenceToken: "dop_v1_example_example_example_example_example_example_example_example_",
  backup: {
    at: "02:00", keep: 14, cipher: password("cipher"),
    repositories: [{
      bucket: "quickcart-local-backups-12345678", endpoint: "fra1.digitaloceanspaces.com", region: "us-east-1",
      accessKey: "DO00EXAMPLEEXAMPLE01", secretKey: "example/example+example0123456789example013",
    }],
  },
};
export const redis: RedisRole = {
  ...common, name: "redis-1", tier: "redis", egress: "bastions", memoryMiB: 16_384,
  passwords: { admin: password("redis admin"), app: password("redis app"), replica: password("redis replica"), monitor: password("redis monitor") },
  tls: null,
};
export const monitor: MonitorRole = {
  ...common, name: "monitor-1", tier: "monitor", egress: "bastions",
  backup: {
    at: "02:00", cipher: password("cipher"),
    repositories: [{
      bucket: "quickcart-local-backups-12345678", endpoint: "fra1.digitaloceanspaces.com", region: "us-east-1",
      accessKey: "DO00EXAMPLEEXAMPLE02", secretKey: "example/example+example0123456789example014",
    }],
  },
};
export const lb: LbRole = {
  ...common, name: "lb-1", tier: "lb", position: 1, hostName: "www.example.com", floatingAddress: "192.0.2.10",
  addressToken: "dop_v1_example_example_example_example_example_example_example_example_", ticketSecret: "example-ticket-secret-example-ticket-secret-1234",
  certificate: `tls/site-${hash("5")}.pem`, certificateKey: pem("PRIVATE KEY", 138), appPort: 3000,
};

/** Every shape that user-data can take. */
export const roles = {
  "bastion-1": bastion,
  "bastion-2": { ...bastion, name: "bastion-2", gateway: 2 },
  "app-1": app,
  "app-with-redis-tls": { ...app, redis: { ...app.redis, tls: true } },
  "app-behind-nat-gateway": { ...app, egress: "natGateway" },
  "db-1": db,
  "db-2": { ...db, name: "db-2" },
  "linode-db-1": { ...db, cloud: "linode" },
  "redis-1": redis,
  "redis-with-tls": { ...redis, tls: { authority: pem("CERTIFICATE", 420), certificate: pem("CERTIFICATE", 520), key: pem("PRIVATE KEY", 138) } },
  "linode-redis-1": { ...redis, cloud: "linode" },
  "monitor-1": monitor,
  "linode-monitor-1": { ...monitor, cloud: "linode" },
  "lb-1": lb,
  "lb-2": { ...lb, name: "lb-2", position: 2 },
  "linode-bastion-1": { ...bastion, cloud: "linode" },
  "linode-app-1": { ...app, cloud: "linode" },
  "linode-lb-1": { ...lb, cloud: "linode" },
} as const satisfies Record<string, BastionRole | AppRole | DbRole | LbRole | MonitorRole | RedisRole>;
