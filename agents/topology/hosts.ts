import type { Machine } from "../documents.ts";

const begin = "# BEGIN quickcart: written from the topology document, changes are lost";
const end = "# END quickcart";

/** Services are configured by these names, never by address. */
export function hostsLines(machines: readonly Machine[]): string[] {
  return machines
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map((machine) => `${machine.privateAddress} ${machine.name}.quickcart.internal ${machine.name}`);
}

/** Replaces the block in `/etc/hosts`, or appends it; every other line stays as it is. */
export function withHostsBlock(current: string, machines: readonly Machine[]): string {
  const kept: string[] = [];
  let inside = false;
  for (const line of current.replace(/\n+$/, "").split("\n")) {
    if (line === begin) inside = true;
    if (!inside) kept.push(line);
    if (line === end) inside = false;
  }
  const own = kept.join("\n").replace(/\n+$/, "");
  const block = [begin, ...hostsLines(machines), end].join("\n");
  return own === "" ? `${block}\n` : `${own}\n\n${block}\n`;
}
