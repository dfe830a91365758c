/** Building blocks of the text that `nft -f` reads. */

export const tables = {
  guard: "bridge quickcart_guard",
  filter: "ip quickcart_filter",
  nat: "ip quickcart_nat",
  faults: "ip quickcart_faults",
} as const;

/**
 * Replaces the table in the transaction that the text is loaded in. Every base chain's policy is `accept`, and what is
 * to be dropped is dropped by a last rule: while the old chains are being taken down they are already empty, and a
 * policy of `drop` would swallow packets for that moment.
 */
export function replaceTable(table: string, blocks: readonly string[]): string {
  return `table ${table} {\n}\ndelete table ${table}\ntable ${table} {\n${blocks.join("")}}\n`;
}

export function baseChain(name: string, type: "filter" | "nat", hook: string, priority: number, rules: readonly string[]): string {
  return chain(name, [`type ${type} hook ${hook} priority ${priority}; policy accept;`, ...rules]);
}

export function chain(name: string, rules: readonly string[]): string {
  return `\tchain ${name} {\n${rules.map((rule) => `\t\t${rule}\n`).join("")}\t}\n`;
}

export function namedSet(name: string, type: string, elements: readonly string[]): string {
  return collection("set", name, type, elements);
}

export function namedMap(name: string, type: string, elements: readonly string[]): string {
  return collection("map", name, type, elements);
}

export function anonymousSet(elements: readonly string[]): string {
  return elements.length === 1 ? elements.join("") : `{ ${elements.join(", ")} }`;
}

function collection(kind: "set" | "map", name: string, type: string, elements: readonly string[]): string {
  // nft takes no empty list of elements.
  const list = elements.length === 0 ? "" : `\t\telements = { ${elements.join(",\n\t\t\t")} }\n`;
  return `\t${kind} ${name} {\n\t\ttype ${type}\n${list}\t}\n`;
}
