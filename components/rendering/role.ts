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
  }),
});

/** What machines without a public interface have beside. */
const privateMachine = common.extend({
  /** How it reaches the outside: through both bastions, or through the cloud's gateway. */
  egress: z.enum(["bastions", "natGateway"]),
});

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
  }),
  common.extend({
    tier: z.literal("lb"),
    /** Which end of the tunnel between the two. */
    position: z.union([z.literal(1), z.literal(2)]),
    /** The site's, which its certificate names. */
    hostName: z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/),
    /** Claimed through the cloud's API by the one that serves. */
    floatingAddress: z.ipv4(),
    /** Of the cloud's API, for moving that address and nothing else. Secret. */
    addressToken: z.string().regex(/^[\x21-\x7e]{1,512}$/),
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
export type LbRole = Extract<Role, { tier: "lb" }>;
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
