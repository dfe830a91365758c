/** IPv4 address ranges, as numbers where arithmetic is needed and as text everywhere else. */

export interface Cidr {
  /** Network address as an unsigned 32-bit number. */
  readonly base: number;
  /** Bits of the network, 0 to 32. */
  readonly prefix: number;
}

const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const pattern = new RegExp(`^(${octet}(?:\\.${octet}){3})/(3[0-2]|[12]?[0-9])$`);

/** Null unless the text is a range whose address has no bits beyond its prefix: `10.0.0.5/24` is a typing error. */
export function parseCidr(text: string): Cidr | null {
  const match = pattern.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  const base = match[1].split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const cidr = { base, prefix: Number(match[2]) };
  return base % sizeOf(cidr) === 0 ? cidr : null;
}

export function formatCidr({ base, prefix }: Cidr): string {
  return `${[24, 16, 8, 0].map((shift) => (base >>> shift) & 255).join(".")}/${String(prefix)}`;
}

/** Number of addresses in the range. */
export function sizeOf({ prefix }: Cidr): number {
  return 2 ** (32 - prefix);
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && inner.base >= outer.base && inner.base < outer.base + sizeOf(outer);
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b) || contains(b, a);
}

/**
 * The `index`th of the equal parts that the range falls into when its prefix grows by `bits`.
 * @example part({10.10.0.0/20}, 3, 1) is 10.10.2.0/23
 */
export function part(range: Cidr, bits: number, index: number): Cidr {
  const prefix = range.prefix + bits;
  if (prefix > 32 || index < 0 || index >= 2 ** bits) {
    throw new RangeError(`${formatCidr(range)} has no part ${String(index)} when cut by ${String(bits)} bits`);
  }
  return { base: range.base + index * 2 ** (32 - prefix), prefix };
}
