/** The stack's settings: parsed once, at the edge; every error is reported at once. */
import { z } from "zod";
import { type BackupSettings, backupSettings, backupTable } from "./backup/settings.ts";
import { formatCidr } from "./cidr.ts";
import { closest } from "./closest.ts";
import { type DatabaseSettings, databaseErrors, databaseSettings, databaseTable } from "./database/settings.ts";
import { ports } from "./ports.ts";
import { ConfigError, type SettingError, keyOf, namespace, wrongValue } from "./settingErrors.ts";
import { isAdminRange, isHostName, isTimeZone, isVpcRange, reservedRanges, widestAdminPrefix } from "./settingRules.ts";
import { memoryGiB, size, text, wholeNumber } from "./settingTypes.ts";
import { capacityOf } from "./sizes.ts";
import { type CheckedCertificate, checkSiteCertificate } from "./siteCertificate.ts";

export const clouds = ["digitalocean", "linode"] as const;
export type CloudName = (typeof clouds)[number];

/** What each cloud calls the sizes of SPEC A and the one image that the templates are written for. */
const cloudDefaults = {
  digitalocean: {
    image: "debian-13-x64", bastion: "s-1vcpu-1gb", loadBalancer: "c-2", app: "s-4vcpu-8gb", database: "s-8vcpu-32gb-640gb-intel", redis: "g-4vcpu-16gb", monitor: "s-4vcpu-8gb",
    region: /^[a-z]{3}[0-9]$/, regionHint: "a DigitalOcean region such as fra1",
  },
  linode: {
    image: "linode/debian13", bastion: "g6-nanode-1", loadBalancer: "g6-dedicated-2", app: "g6-standard-4", database: "g6-standard-8", redis: "g6-dedicated-8", monitor: "g6-standard-4",
    region: /^[a-z]{2}-[a-z]+(-[0-9]+)?$/, regionHint: "a Linode region such as de-fra-2",
  },
} as const satisfies Record<CloudName, object>;

const pair = (why: string) => z.literal(2, `2: ${why}`).default(2);
const redisRule = "an even number from 6 to 24: with fewer than three masters no majority is left to replace one, and each needs a replica";
const redisNodes = z.int(redisRule).min(6, redisRule).max(24, redisRule).multipleOf(2, redisRule);
const pem = z.string("text in PEM format").optional();
const token = (allowed: string) => text(allowed, (value) => /^[\x21-\x7e]{1,512}$/.test(value));

const schema = z.strictObject({
  cloud: z.enum(clouds, `one of ${clouds.join(", ")}`).default("digitalocean"),
  region: text("a region of the cloud, such as fra1 on digitalocean or de-fra-2 on linode", (value) => value !== ""),
  vpcCidr: text("a private IPv4 range from /17 to /24, such as 10.10.0.0/20, without the address x.y.255.254 and outside those that " +
    `clouds keep for themselves (${reservedRanges.map(formatCidr).join(", ")})`, isVpcRange).default("10.10.0.0/20"),
  adminCidrs: z.array(text(`an IPv4 range such as 203.0.113.7/32, /${String(widestAdminPrefix)} at the widest: never the world`, isAdminRange),
    "a list of 1 to 20 IPv4 ranges that may reach the bastions, such as [\"203.0.113.7/32\"]")
    .min(1, "1 to 20 IPv4 ranges: with none, nobody could log in").max(20, "1 to 20 IPv4 ranges"),
  hostName: text("the site's name in DNS, which its certificate names, such as www.example.com (lower case, no port): " +
    "pulumi config set quickcart:hostName www.example.com", isHostName),
  addressToken: token("an API token that may move the floating address and do nothing else (digitalocean: scopes reserved_ip:read and " +
    "reserved_ip:update; linode: ips:read_write and linodes:read_write): pulumi config set --secret quickcart:addressToken"),
  fenceToken: token("an API token that may cut the power of machines and give it back (digitalocean: scopes droplet:read and droplet:update; linode: " +
    "linodes:read_write): pulumi config set --secret quickcart:fenceToken; without it a primary that is gone is not fenced").optional(),
  certificate: pem,
  certificateKey: pem,
  bastions: z.strictObject({
    count: pair("private machines know exactly two gateways"),
    size: size.optional(),
  }, "a table with `count` and `size`").prefault({}),
  loadBalancers: z.strictObject({
    count: pair("they are the two ends of one VRRP tunnel"),
    size: size.optional(),
  }, "a table with `size`").prefault({}),
  app: z.strictObject({
    count: wholeNumber(1, 50).default(8),
    size: size.optional(),
    port: wholeNumber(ports.app.from, ports.app.to - 1, ": a release starts on the port after it, beside what runs").default(ports.app.from),
    bundle: text("the path of a bundle of the app that was built elsewhere", (value) => value !== "").optional(),
  }, "a table with `count`, `size`, `port` and `bundle`").prefault({}),
  database: databaseTable,
  backup: backupTable,
  redis: z.strictObject({
    nodes: redisNodes.default(6),
    size: size.optional(),
    memoryGiB: memoryGiB.optional(),
    tls: z.boolean("true, or false to let commands and data cross the private network as they are").default(false),
  }, "a table with `nodes`, `size`, `memoryGiB` and `tls`").prefault({}),
  monitor: z.strictObject({
    size: size.optional(),
  }, "a table with `size`").prefault({}),
  protect: z.enum(["true", "false"], "true, or false to let `pulumi destroy` delete the machines that hold data").default("true"),
  egress: z.enum(["bastions", "natGateway"], "bastions, or natGateway where the cloud sells one").default("bastions"),
  timeZone: text("a time zone of the IANA database, such as Asia/Jakarta", isTimeZone).default("Asia/Jakarta"),
  image: text("an image of the cloud, such as debian-13-x64", (value) => /^[a-z0-9][a-z0-9/_.-]*$/.test(value)).optional(),
});

export interface Settings {
  /** Name of the stack; with `siteName` the stem of every name in the account. */
  readonly stack: string;
  /** `quickcart-<stack>`. */
  readonly siteName: string;
  readonly cloud: CloudName;
  readonly region: string;
  readonly vpcCidr: string;
  readonly adminCidrs: readonly string[];
  /** The site's name in DNS. */
  readonly hostName: string;
  /** When the given certificate ends; null when none is given, and the stack's own authority issues one. */
  readonly certificateEnds: Date | null;
  readonly bastions: { readonly count: 2; readonly size: string };
  readonly loadBalancers: { readonly count: 2; readonly size: string };
  readonly app: {
    readonly count: number;
    readonly size: string;
    /** Of the first slot; the second one has the port after it. */
    readonly port: number;
    /** Path of an archive to release instead of what is in `app/`; null to bundle that. */
    readonly bundle: string | null;
  };
  readonly database: DatabaseSettings;
  readonly backup: BackupSettings;
  /** Whether machines that hold data are kept from deletion. */
  readonly protect: boolean;
  readonly redis: {
    /** Half of them masters, each with one replica. */
    readonly nodes: number;
    readonly size: string;
    /** Of each. */
    readonly memoryMiB: number;
    /** Whether its machines, and those who talk to them, do so by TLS. A cluster keeps what it was made with. */
    readonly tls: boolean;
  };
  /** Its disk has to take the database once more: there the backups are proved. */
  readonly monitor: { readonly size: string };
  readonly egress: "bastions" | "natGateway";
  readonly timeZone: string;
  readonly image: string;
}

/** What must reach no state, log or error in plain text. */
export interface SecretSettings {
  /** Of the cloud's API: may move the floating address. */
  readonly addressToken: string;
  /** Of the cloud's API: may cut machines' power. Null: no primary is fenced. */
  readonly fenceToken: string | null;
  /** The given certificate and its key, PEM; null when the stack's own authority makes them. */
  readonly tls: { readonly chain: string; readonly key: string } | null;
}

/**
 * @param all every value of the stack's configuration, of all namespaces, as Pulumi hands it over: text, or JSON where it is structured
 * @param now by which certificates are valid or not
 * @throws ConfigError with everything that is wrong, and no secret in it
 * @example parseSettings("local", { "quickcart:region": "fra1", "quickcart:adminCidrs": '["203.0.113.7/32"]', ... })
 */
export function parseSettings(stack: string, all: Readonly<Record<string, string>>, now = new Date()): Settings & { readonly secrets: SecretSettings } {
  const raw = ownValues(all);
  const parsed = schema.safeParse(raw);
  const checked = certificateOf(raw, now);
  const errors = [
    ...stackErrors(stack), ...(parsed.success ? [] : schemaErrors(parsed.error, raw)), ...crossErrors(raw),
    ...checked.problems.map(({ about, reason }): SettingError => ({ key: keyOf([about]), kind: "wrong", problem: reason })),
  ];
  if (!parsed.success || errors.length > 0) throw new ConfigError(stack, errors);
  const { cloud, region, vpcCidr, adminCidrs, hostName, bastions, loadBalancers, app, database, backup, protect, redis, monitor, egress, timeZone, image, addressToken, fenceToken = null } = parsed.data;
  const defaults = cloudDefaults[cloud];
  const { site } = checked;
  return {
    stack,
    siteName: `${namespace}-${stack}`,
    cloud, region, vpcCidr, adminCidrs, hostName, egress, timeZone,
    certificateEnds: site?.ends ?? null,
    bastions: { ...bastions, size: bastions.size ?? defaults.bastion },
    loadBalancers: { ...loadBalancers, size: loadBalancers.size ?? defaults.loadBalancer },
    app: { ...app, size: app.size ?? defaults.app, bundle: app.bundle ?? null },
    database: databaseSettings(database, defaults.database),
    backup: backupSettings(backup),
    protect: protect === "true",
    redis: { nodes: redis.nodes, tls: redis.tls, ...sized(redis, defaults.redis) },
    monitor: { size: monitor.size ?? defaults.monitor },
    image: image ?? defaults.image,
    secrets: { addressToken, fenceToken, tls: site === null ? null : { chain: site.chain, key: site.key } },
  };
}

/** A size that is not known, and of which nothing is said, is among the errors already. */
function sized({ size, memoryGiB = 0 }: { size?: string | undefined; memoryGiB?: number | undefined }, usual: string) {
  const name = size ?? usual;
  return { size: name, memoryMiB: capacityOf(name)?.memoryMiB ?? memoryGiB * 1024 };
}

function ownValues(all: Readonly<Record<string, string>>): Record<string, unknown> {
  const own = Object.entries(all).filter(([key]) => key.startsWith(`${namespace}:`));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(namespace.length + 1), structured(value)]));
}

/** Lists and tables arrive as JSON. What is broken stays text, and the schema says what it should have been. */
function structured(value: string): unknown {
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch (error) {
    if (error instanceof SyntaxError) return value;
    throw error;
  }
}

/** A stack's name becomes part of tags, bucket names and labels; Linode's firewalls allow 32 letters: `quickcart-<stack>-monitor`. */
function stackErrors(stack: string): SettingError[] {
  return /^[a-z]([a-z0-9-]{0,12}[a-z0-9])?$/.test(stack) ? [] :
    [{ key: "the stack's name", kind: "wrong", problem: `got ${JSON.stringify(stack)}; allowed: 1 to 14 lower-case letters, digits and hyphens, a letter first, no hyphen last` }];
}

function schemaErrors(error: z.ZodError, raw: unknown): SettingError[] {
  const found = new Map<string, SettingError>();
  const add = (wrong: SettingError): void => {
    if (!found.has(wrong.key)) found.set(wrong.key, wrong);
  };
  for (const issue of error.issues) {
    if (issue.code === "unrecognized_keys") for (const key of issue.keys) add(unknownKey(issue.path, key));
    else add(wrongValue(issue.path, valueAt(raw, issue.path), issue.message));
  }
  return [...found.values()];
}

/** Does not show the value: the key may be that of a secret, misspelt. */
function unknownKey(path: readonly PropertyKey[], key: string): SettingError {
  const { bastions, loadBalancers, app, database, backup, redis, monitor } = schema.shape;
  const tables = { bastions, loadBalancers, app, database, backup, redis, monitor };
  const table = Object.entries(tables).find(([name]) => name === path[0])?.[1];
  const keys = Object.keys(table === undefined ? schema.shape : table.unwrap().shape);
  const near = closest(key, keys);
  const hint = near === null ? `there are ${keys.join(", ")}` : `did you mean ${keyOf([...path, near])}?`;
  return { key: keyOf([...path, key]), kind: "unknown", problem: `no such setting; ${hint}` };
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, step) => (typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined), raw);
}

/** Text only: anything else is the schema's to refuse. */
function certificateOf(raw: Record<string, unknown>, now: Date): CheckedCertificate {
  const { certificate, certificateKey: key, hostName } = raw;
  if ([certificate, key].some((value) => value !== undefined && typeof value !== "string")) return { site: null, problems: [] };
  const text = (value: unknown): string | undefined => typeof value === "string" ? value : undefined;
  const known = typeof hostName === "string" && isHostName(hostName) ? hostName : null;
  return checkSiteCertificate({ certificate: text(certificate), key: text(key), hostName: known, now });
}

/** What no single setting can say of itself. Looks at the raw values, so that it adds to the schema's errors. */
function crossErrors(raw: Record<string, unknown>): SettingError[] {
  const cloud = clouds.find((name) => name === (raw["cloud"] ?? "digitalocean"));
  if (cloud === undefined) return [];
  const errors: SettingError[] = [];
  const { region, regionHint } = cloudDefaults[cloud];
  if (typeof raw["region"] === "string" && raw["region"] !== "" && !region.test(raw["region"])) {
    errors.push(wrongValue(["region"], raw["region"], regionHint));
  }
  if (cloud === "linode" && raw["egress"] === "natGateway") {
    errors.push(wrongValue(["egress"], "natGateway", "bastions: Linode's provider has no NAT gateway"));
  }
  return [...errors, ...databaseErrors(raw["database"], cloudDefaults[cloud].database), ...memoryErrors("redis", raw["redis"])];
}

/** What is configured by a machine's memory must know it: by the size's name, or said. */
function memoryErrors(tier: string, table: unknown): SettingError[] {
  const size = valueAt(table, ["size"]);
  const said = valueAt(table, ["memoryGiB"]) !== undefined;
  if (typeof size !== "string" || said === (capacityOf(size) === null)) return [];
  return [said
    ? { key: keyOf([tier, "memoryGiB"]), kind: "wrong", problem: `the size ${size} is known, and what it holds: leave memoryGiB out` }
    : { key: keyOf([tier, "size"]), kind: "wrong", problem: `got ${JSON.stringify(size)}, of which is not known here how much memory it has: set ${keyOf([tier, "memoryGiB"])} beside it` }];
}
