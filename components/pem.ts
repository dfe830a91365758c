/** PEM, as people hand it over: with carriage returns, text between the blocks, or no line feed at the end. */
export interface PemBlock {
  /** Such as `CERTIFICATE`. */
  readonly label: string;
  /** The whole block, with line feeds only. */
  readonly pem: string;
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----\n[\s\S]*?-----END \1-----/g;

/** Whatever stands around the blocks is left out. Null when one of them has no end. */
export function pemBlocks(text: string): PemBlock[] | null {
  const blocks = [...text.replaceAll(/[ \t]*(\r\n?|\n)/g, "\n").matchAll(block)].map(([whole, label]) => ({ label: label ?? "", pem: `${whole}\n` }));
  return blocks.length === text.split("-----BEGIN ").length - 1 ? blocks : null;
}
