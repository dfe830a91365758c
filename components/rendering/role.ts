import * as z from "zod";

/** What a machine's user-data is made from. Values end up in shell, YAML and unit files, hence the narrow patterns. */

const word = /^[A-Za-z0-9/+=_-]+$/;
const hash = "[0-9a-f]{64}";
const pem = /^(-----BEGIN [A-Z ]+-----\n([A-Za-z0-9+/=]+\n)+-----END [A-Z ]+-----\n)+$/;

const common = z.object({
  /** Host name, also in `/etc/hosts` of the other machines, e.g. `app-1`. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  stack: z.string().regex(/^[a-z][a-z0-9-]*$/),
  cloud: z.enum(["digitalocean", "linode"]),
  /** IANA name, e.g. `Asia/Jakarta`. */
  timeZone: z.string().regex(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/),
  /** Read-only credentials of the private bucket. */
  storage: z.object({
    /** Of the region, e.g. `fra1.digitaloceanspaces.com`; the bucket's name goes before it. */
    endpoint: z.string().regex(/^[a-z0-9.-]+$/),
    region: z.string().regex(/^[a-z0-9-]+$/),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    accessKey: z.string().regex(word),
    secretKey: z.string().regex(word),
  }),
  /** Key in the bucket of the compressed Node.js; the hash in it is of the program itself. */
  runtime: z.string().regex(new RegExp(`^runtime/node-${hash}\\.zst$`)),
  /** Keys in the bucket. */
  agents: z.object({
    topology: z.string().regex(new RegExp(`^agents/topology-${hash}\\.mjs$`)),
    release: z.string().regex(new RegExp(`^agents/release-${hash}\\.mjs$`)),
    lb: z.string().regex(new RegExp(`^agents/lb-${hash}\\.mjs$`)),
    redis: z.string().regex(new RegExp(`^agents/redis-${hash}\\.mjs$`)),
    fence: z.string().regex(new RegExp(`^agents/fence-${hash}\\.mjs$`)),
    backup: z.string().regex(new RegExp(`^agents/backup-${hash}\\.mjs$`)),
    proof: z.string().regex(new RegExp(`^agents/proof-${hash}\\.mjs$`)),
  }),
});

/** What machines without a public interface have beside. */
const privateMachine = common.extend({
  /** How it reaches the outside: through both bastions, or through the cloud's gateway. */
  egress: z.enum(["bastions", "natGateway"]),
});

/** Letters and digits only: it stands in URLs, YAML and SQL. Secret. */
const password = z.string().regex(/^[A-Za-z0-9]{24,128}$/);
/** Of the cloud's API. Secret. */
const token = z.string().regex(/^[\x21-\x7e]{1,512}$/);
const members = z.union([z.literal(3), z.literal(5)]);
const machineShape = z.object({ vcpus: z.int().min(1), memoryMiB: z.int().min(512) });

/** Of a bucket that holds backups. */
const repository = z.object({
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
  endpoint: z.string().regex(/^[a-z0-9.-]+$/),
  region: z.string().regex(/^[a-z0-9-]+$/),
  accessKey: z.string().regex(word),
  secretKey: z.string().regex(word),
});

const backup = z.object({
  /** When the full backup is due, in the machine's time zone, e.g. `02:00`. */
  at: z.string().regex(/^[0-9]{2}:[0-9]{2}$/),
  /** How many full ones are kept. */
  keep: z.int().min(1),
  /** What backups and WAL are encrypted with. Secret. */
  cipher: password,
  repositories: z.array(repository).min(1).max(2),
});

/** How an app server reaches the Redis Cluster. */
const redisAccess = z.object({ password, tls: z.boolean() });

/** By which a machine shows others of the stack who it is, and knows them. PEM. The key is secret. */
const machineTls = z.object({ authority: z.string().regex(pem), certificate: z.string().regex(pem), key: z.string().regex(pem) });

export const roleSchema = z.discriminatedUnion("tier", [
  common.extend({
    tier: z.literal("bastion"),
    /** Which of the two ways out this bastion is; private machines prefer the first. */
    gateway: z.union([z.literal(1), z.literal(2)]),
  }),
  privateMachine.extend({
    tier: z.literal("app"),
    /** Where the app's first slot listens; the second one has the port after it. */
    port: z.int().min(1024).max(65_534),
    /** How it reaches the database. */
    database: z.object({
      members,
      /** A replica that is further behind gets no reads. */
      replicaLagMiB: z.int().min(1),
      /** Whom to trust that a database machine is one. PEM. */
      authority: z.string().regex(pem),
      passwords: z.object({ app: password, owner: password }),
    }),
    redis: redisAccess,
  }),
  privateMachine.extend({
    tier: z.literal("db"),
    /** How many machines there are: `db-1` and so on. */
    members,
    /** This machine, and all of them. */
    machine: machineShape,
    fleet: z.array(machineShape).min(3),
    /** Instead of what follows from the smallest machine. */
    maxConnections: z.int().nullable(),
    /** The stack's authority; this machine's certificate and its key, for servers and clients alike. PEM. The key is secret. */
    authority: z.string().regex(pem),
    certificate: z.string().regex(pem),
    key: z.string().regex(pem),
    passwords: z.object({
      owner: password, app: password, monitor: password, proof: password, replication: password, rewind: password, pgbouncer: password,
    }),
    /** For cutting the power of a primary that is gone; null: none is fenced. */
    fenceToken: token.nullable(),
    backup,
  }),
  privateMachine.extend({
    tier: z.literal("redis"),
    memoryMiB: z.int().min(512),
    /** Of Redis' users. */
    passwords: z.object({ admin: password, app: password, replica: password, monitor: password }),
    /** Null: commands and data cross the private network as they are. */
    tls: machineTls.nullable(),
  }),
  privateMachine.extend({
    tier: z.literal("monitor"),
    /** With keys that only read. */
    backup: backup.omit({ keep: true }),
  }),
  common.extend({
    tier: z.literal("lb"),
    /** Which end of the tunnel between the two. */
    position: z.union([z.literal(1), z.literal(2)]),
    /** The site's, which its certificate names. */
    hostName: z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/),
    /** Claimed through the cloud's API by the one that serves. */
    floatingAddress: z.ipv4(),
    /** For moving that address and nothing else. */
    addressToken: token,
    /** Key in the bucket of the site's certificate and its issuers': no secret, and too long for user-data. */
    certificate: z.string().regex(new RegExp(`^tls/site-${hash}\\.pem$`)),
    /** PEM. Secret. */
    certificateKey: z.string().regex(pem),
    /** From which both derive the keys of TLS session tickets: 32 bytes or more. Secret. */
    ticketSecret: z.string().regex(/^[A-Za-z0-9+/=_-]{43,256}$/),
    /** The app servers' first slot; the second one has the port after it. */
    appPort: z.int().min(1024).max(65_534),
  }),
]);

/** What every machine's role says. */
export type Common = z.infer<typeof common>;
export type Role = z.infer<typeof roleSchema>;
export type BastionRole = Extract<Role, { tier: "bastion" }>;
export type AppRole = Extract<Role, { tier: "app" }>;
export type DbRole = Extract<Role, { tier: "db" }>;
export type LbRole = Extract<Role, { tier: "lb" }>;
export type MonitorRole = Extract<Role, { tier: "monitor" }>;
export type RedisRole = Extract<Role, { tier: "redis" }>;
export type PrivateRole = Extract<Role, { egress: string }>;

export function isPrivate(role: Role): role is PrivateRole {
  return "egress" in role;
}

export function parseRole(role: Role): Role {
  const parsed = roleSchema.safeParse(role);
  if (parsed.success) return parsed.data;
  // Never the values: some are secrets.
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  throw new Error(`user-data of ${role.name}: ${wrong}`);
}
