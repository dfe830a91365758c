/** PEM, as people hand it over: with carriage returns, text between the blocks, or no line feed at the end. */
export interface PemBlock {
  /** Such as `CERTIFICATE`. */
  readonly label: string;
  /** The whole block, with line feeds only. */
  readonly pem: string;
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----\n[\s\S]*?-----END \1-----/g;

/** Whatever stands around the blocks is left out. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.replaceAll(/[ \t]*(\r\n?|\n)/g, "\n").matchAll(block)].map(([whole, label]) => ({ label: label ?? "", pem: `${whole}\n` }));
}
