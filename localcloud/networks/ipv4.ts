/** IPv4 arithmetic on plain numbers. A range is inclusive at both ends. */
export interface Range {
  first: number;
  last: number;
}

export const everything: Range = { first: 0, last: 0xffff_ffff };

export function parseAddress(text: string): number {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) {
    throw new Error(`"${text}" is no IPv4 address: four numbers from 0 to 255 with dots between them are`);
  }
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** Takes a plain address for a range of one; bits below the prefix are ignored, as the clouds do. */
export function parseCidr(text: string): Range {
  const [address = "", bits = "32", ...rest] = text.split("/");
  const prefix = Number(bits);
  if (rest.length > 0 || !/^\d{1,2}$/.test(bits) || prefix > 32) {
    throw new Error(`"${text}" is no IPv4 range: an address, a slash and a prefix from 0 to 32 is`);
  }
  const size = 2 ** (32 - prefix);
  const first = Math.floor(parseAddress(address) / size) * size;
  return { first, last: first + size - 1 };
}

export function overlaps(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Sorted, and without overlaps or neighbours: nft refuses a set whose intervals conflict. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const previous = merged.at(-1);
    if (previous !== undefined && range.first <= previous.last + 1) previous.last = Math.max(previous.last, range.last);
    else merged.push({ ...range });
  }
  return merged;
}

export function formatRange(range: Range): string {
  if (range.first === range.last) return formatAddress(range.first);
  return `${formatAddress(range.first)}-${formatAddress(range.last)}`;
}
