/**
 * A tar archive (POSIX ustar) in which nothing depends on the machine that made it: no owner, no time, entries in the
 * given order. Few lines, for `tar` differs too much between the systems that people run `pulumi up` on.
 */
export interface Entry {
  name: string;
  mode: number;
  /** In bytes; of a link 0. */
  size: number;
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** What a symbolic link leads to; without it the entry is a file. */
  target?: string;
}

/** @param target any path: what it leads to need not be there */
export const link = (name: string, target: string): Entry => ({ name, mode: 0o777, size: 0, content: [], target });

const block = 512;

export async function* tar(entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield header(entry);
    let size = 0;
    for await (const chunk of entry.content) {
      size += chunk.byteLength;
      yield chunk;
    }
    if (size !== entry.size) throw new Error(`${entry.name} has ${size} bytes instead of ${entry.size}: did it change meanwhile?`);
    yield Buffer.alloc((block - (size % block)) % block);
  }
  // Two empty blocks end an archive.
  yield Buffer.alloc(2 * block);
}

function header({ name, mode, size, target = "" }: Entry): Uint8Array {
  const long = [name, target].find((path) => Buffer.byteLength(path) > 99);
  if (long !== undefined) throw new Error(`the name ${long} is too long for a tar header`);
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void => {
    bytes.write(value.toString(8).padStart(length - 1, "0"), at, "ascii");
  };
  bytes.write(name, 0, "utf8");
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  bytes.write(target === "" ? "0" : "2", 156, "ascii");
  bytes.write(target, 157, "utf8");
  bytes.write("ustar\x0000", 257, "ascii");
  // The checksum counts its own field as blanks.
  bytes.write(" ".repeat(8), 148, "ascii");
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  return bytes;
}
