/** The stack's settings: parsed once, at the edge; every error is reported at once. */
import { z } from "zod";
import { type Cidr, contains, overlaps, parseCidr, formatCidr, sizeOf } from "./cidr.ts";
import { closest } from "./closest.ts";
import { ports } from "./ports.ts";

const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(known);

/**
 * DigitalOcean keeps these for itself and refuses a VPC that touches them, and the last is Linode's own private network.
 * https://docs.digitalocean.com/products/networking/vpc/details/limits/
 */
const reservedRanges = ["10.229.0.0/16", "10.244.0.0/16", "10.245.0.0/16", "10.246.0.0/24", "192.168.128.0/17"].map(known);

/** Larger than any organisation's own range: below it `0.0.0.0/1` plus `128.0.0.0/1` would be the world again. */
const widestAdminPrefix = 8;

export const clouds = ["digitalocean", "linode"] as const;
export type CloudName = (typeof clouds)[number];

/** What each cloud calls the sizes of SPEC A and the one image that the templates are written for. */
const cloudDefaults = {
  digitalocean: { image: "debian-13-x64", bastion: "s-1vcpu-1gb", app: "s-4vcpu-8gb", region: /^[a-z]{3}[0-9]$/, regionHint: "a DigitalOcean region such as fra1" },
  linode: { image: "linode/debian13", bastion: "g6-nanode-1", app: "g6-standard-4", region: /^[a-z]{2}-[a-z]+(-[0-9]+)?$/, regionHint: "a Linode region such as de-fra-2" },
} as const satisfies Record<CloudName, object>;

function text(allowed: string, accepts: (value: string) => boolean) {
  return z.string(allowed).refine(accepts, allowed);
}

function wholeNumber(from: number, to: number) {
  const allowed = `a whole number from ${String(from)} to ${String(to)}`;
  return z.int(allowed).min(from, allowed).max(to, allowed);
}

const size = text("a size of the cloud, such as s-1vcpu-1gb or g6-standard-2", (value) => /^[a-z0-9][a-z0-9_.-]*$/.test(value));
const tables = { bastions: "a table with `count` and `size`", app: "a table with `count`, `size` and `port`" } as const;

const schema = z.strictObject({
  cloud: z.enum(clouds, `one of ${clouds.join(", ")}`).default("digitalocean"),
  region: text("a region of the cloud, such as fra1 on digitalocean or de-fra-2 on linode", (value) => value !== ""),
  vpcCidr: text("a private IPv4 range from /17 to /24, such as 10.10.0.0/20, without the address x.y.255.254 and outside those that " +
    `clouds keep for themselves (${reservedRanges.map(formatCidr).join(", ")})`, isVpcRange).default("10.10.0.0/20"),
  adminCidrs: z.array(text(`an IPv4 range such as 203.0.113.7/32, /${String(widestAdminPrefix)} at the widest: never the world`, isAdminRange),
    "a list of 1 to 20 IPv4 ranges that may reach the bastions, such as [\"203.0.113.7/32\"]")
    .min(1, "1 to 20 IPv4 ranges: with none, nobody could log in").max(20, "1 to 20 IPv4 ranges"),
  bastions: z.strictObject({
    count: z.literal(2, "2: private machines know exactly two gateways").default(2),
    size: size.optional(),
  }, tables.bastions).prefault({}),
  app: z.strictObject({
    count: wholeNumber(1, 50).default(8),
    size: size.optional(),
    port: wholeNumber(ports.app.from, ports.app.to).default(ports.app.from),
  }, tables.app).prefault({}),
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
  readonly bastions: { readonly count: 2; readonly size: string };
  readonly app: { readonly count: number; readonly size: string; readonly port: number };
  readonly egress: "bastions" | "natGateway";
  readonly timeZone: string;
  readonly image: string;
}

export interface SettingError {
  /** With its namespace, such as `quickcart:app.count`. */
  readonly key: string;
  readonly given: unknown;
  readonly allowed: string;
}

/** Everything that is wrong with a stack's settings. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly errors: readonly SettingError[];

  constructor(stack: string, errors: readonly SettingError[]) {
    const lines = errors.map(({ key, given, allowed }) =>
      `  ${key}: ${given === undefined ? "not set" : `got ${JSON.stringify(given)}`}; allowed: ${allowed}`);
    super(`${String(errors.length)} wrong setting${errors.length === 1 ? "" : "s"} in stack ${stack} ` +
      `(Pulumi.${stack}.yaml, or \`pulumi config set\`):\n${lines.join("\n")}`);
    this.errors = errors;
  }
}

/**
 * @param all every value of the stack's configuration, of all namespaces, as Pulumi hands it over: text, or JSON where it is structured
 * @throws ConfigError with everything that is wrong
 * @example parseSettings("local", { "quickcart:region": "fra1", "quickcart:adminCidrs": '["203.0.113.7/32"]' })
 */
export function parseSettings(stack: string, all: Readonly<Record<string, string>>): Settings {
  const raw = ownValues(all);
  const parsed = schema.safeParse(raw);
  const errors = [...stackErrors(stack), ...(parsed.success ? [] : schemaErrors(parsed.error, raw)), ...crossErrors(raw)];
  if (!parsed.success || errors.length > 0) throw new ConfigError(stack, errors);
  const { bastions, app, image, ...rest } = parsed.data;
  const defaults = cloudDefaults[rest.cloud];
  return {
    ...rest,
    stack,
    siteName: `${namespace}-${stack}`,
    bastions: { ...bastions, size: bastions.size ?? defaults.bastion },
    app: { ...app, size: app.size ?? defaults.app },
    image: image ?? defaults.image,
  };
}

const namespace = "quickcart";

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
    [{ key: "the stack's name", given: stack, allowed: "1 to 14 lower-case letters, digits and hyphens, a letter first, no hyphen last" }];
}

function schemaErrors(error: z.ZodError, raw: unknown): SettingError[] {
  const found = new Map<string, SettingError>();
  for (const issue of error.issues) {
    const wrong = issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: [...issue.path, key], allowed: unknownKey(issue.path, key) }))
      : [{ path: issue.path, allowed: issue.message }];
    for (const { path, allowed } of wrong) {
      const key = keyOf(path);
      if (!found.has(key)) found.set(key, { key, given: valueAt(raw, path), allowed });
    }
  }
  return [...found.values()];
}

function unknownKey(path: readonly PropertyKey[], key: string): string {
  const keys = path[0] === "bastions" ? Object.keys(schema.shape.bastions.unwrap().shape)
    : path[0] === "app" ? Object.keys(schema.shape.app.unwrap().shape) : Object.keys(schema.shape);
  const near = closest(key, keys);
  return `no such setting; ${near === null ? `there are ${keys.join(", ")}` : `did you mean ${keyOf([...path, near])}?`}`;
}

/** What no single setting can say of itself. Looks at the raw values, so that it adds to the schema's errors. */
function crossErrors(raw: Record<string, unknown>): SettingError[] {
  const cloud = clouds.find((name) => name === (raw["cloud"] ?? "digitalocean"));
  if (cloud === undefined) return [];
  const errors: SettingError[] = [];
  const { region, regionHint } = cloudDefaults[cloud];
  if (typeof raw["region"] === "string" && raw["region"] !== "" && !region.test(raw["region"])) {
    errors.push({ key: keyOf(["region"]), given: raw["region"], allowed: regionHint });
  }
  if (cloud === "linode" && raw["egress"] === "natGateway") {
    errors.push({ key: keyOf(["egress"]), given: "natGateway", allowed: "bastions: Linode's provider has no NAT gateway" });
  }
  return errors;
}

/** @example keyOf(["adminCidrs", 0]) is `quickcart:adminCidrs[0]` */
function keyOf(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path;
  return rest.reduce<string>((key, step) => key + (typeof step === "number" ? `[${String(step)}]` : `.${String(step)}`), `${namespace}:${String(first)}`);
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, step) => (typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined), raw);
}

function isVpcRange(value: string): boolean {
  const range = parseCidr(value);
  // A machine's overlay address is made of the low 16 bits of its private one, which a /16 would use up to the gateways' own;
  // and Linode cuts the range into subnets of tiers.
  return range !== null && range.prefix >= 17 && range.prefix <= 24 && !endsWithGateways(range) &&
    privateRanges.some((outer) => contains(outer, range)) && !reservedRanges.some((other) => overlaps(other, range));
}

/** The gateways' overlay addresses end in 255.254 (agents/topology/overlay.ts): a machine with that ending would take them over. */
function endsWithGateways(range: Cidr): boolean {
  return (range.base + sizeOf(range)) % 2 ** 16 === 0;
}

function isAdminRange(value: string): boolean {
  const range = parseCidr(value);
  return range !== null && range.prefix >= widestAdminPrefix;
}

/** As the database spells it: machines find it as a file, while Intl takes any case, and differences such as `+07:00`. */
function isTimeZone(value: string): boolean {
  if (!/^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/.test(value)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function known(range: string) {
  const cidr = parseCidr(range);
  if (cidr === null) throw new Error(`${range} in the list of known ranges is no IPv4 range`);
  return cidr;
}
