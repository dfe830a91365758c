/** What a setting's value must be, beyond its type. */
import { type Cidr, contains, overlaps, parseCidr, sizeOf } from "./cidr.ts";

const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(known);

/**
 * DigitalOcean keeps these for itself and refuses a VPC that touches them, and the last is Linode's own private network.
 * https://docs.digitalocean.com/products/networking/vpc/details/limits/
 */
export const reservedRanges = ["10.229.0.0/16", "10.244.0.0/16", "10.245.0.0/16", "10.246.0.0/24", "192.168.128.0/17"].map(known);

/** Larger than any organisation's own range: below it `0.0.0.0/1` plus `128.0.0.0/1` would be the world again. */
export const widestAdminPrefix = 8;

export function isVpcRange(value: string): boolean {
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

export function isAdminRange(value: string): boolean {
  const range = parseCidr(value);
  return range !== null && range.prefix >= widestAdminPrefix;
}

/** As the database spells it: machines find it as a file, while Intl takes any case, and differences such as `+07:00`. */
export function isTimeZone(value: string): boolean {
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

/** As a certificate names it, and a DNS record: lower case, no port, no address. */
export function isHostName(value: string): boolean {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
  const labels = value.split(".");
  return value.length <= 253 && labels.every((one) => label.test(one)) && !/^[0-9]+$/.test(labels.at(-1) ?? "");
}
