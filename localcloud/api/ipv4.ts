/** IPv4 arithmetic on unsigned 32-bit numbers. */

export interface Range {
  /** First address, i.e. the network's. */
  base: number;
  /** In bits. */
  prefix: number;
  size: number;
}

/** null when the text is not four decimal octets. */
export function parseAddress(text: string): number | null {
  const octets = text.split(".");
  if (octets.length !== 4) return null;
  let value = 0;
  for (const octet of octets) {
    if (!/^(0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return null;
    value = value * 256 + Number(octet);
  }
  return value;
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** null when it is no CIDR, or when bits of the host are set and `strict` is wanted. */
export function parseRange(text: string, strict = false): Range | null {
  const [address, bits, ...rest] = text.split("/");
  if (address === undefined || bits === undefined || rest.length > 0 || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return null;
  const value = parseAddress(address);
  if (value === null) return null;
  const prefix = Number(bits);
  const size = 2 ** (32 - prefix);
  const base = value - (value % size);
  return strict && base !== value ? null : { base, prefix, size };
}

export function overlaps(a: Range, b: Range): boolean {
  return a.base < b.base + b.size && b.base < a.base + a.size;
}

export function contains(outer: Range, inner: Range): boolean {
  return inner.base >= outer.base && inner.base + inner.size <= outer.base + outer.size;
}

export function netmask(prefix: number): string {
  return formatAddress(prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0);
}
