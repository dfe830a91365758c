import { appendFile, open, stat, truncate } from "node:fs/promises";
import { hasCode } from "../files.ts";

/** A machine that says the same line forever must not fill the host's disk. */
export const consoleBound = 4 * 1024 * 1024;

/** The last `bytes` of the console, cut at the start of a line. */
export async function consoleEnd(path: string, bytes: number): Promise<string> {
  const { end, whole } = await readEnd(path, bytes);
  const text = end.toString("utf8").replaceAll("\r\n", "\n");
  return whole ? text : text.slice(text.indexOf("\n") + 1);
}

/** Keeps half of the bound, the newest. The machine goes on writing at the new end, for it appends. */
export async function boundConsole(path: string): Promise<void> {
  let size: number;
  try {
    ({ size } = await stat(path));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  if (size <= consoleBound) return;
  // Only that is read: while no daemon looked after it, the file may have outgrown any memory.
  const { end } = await readEnd(path, consoleBound / 2);
  await truncate(path, 0);
  await appendFile(path, end);
}

async function readEnd(path: string, bytes: number): Promise<{ end: Buffer; whole: boolean }> {
  let file;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return { end: Buffer.alloc(0), whole: true };
    throw error;
  }
  try {
    const { size } = await file.stat();
    const length = Math.min(bytes, size);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return { end: buffer, whole: length === size };
  } finally {
    await file.close();
  }
}
