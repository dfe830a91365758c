import { appendFile, open, readFile, stat, truncate } from "node:fs/promises";
import { hasCode } from "../files.ts";

/** A machine that says the same line forever must not fill the host's disk. */
export const consoleBound = 4 * 1024 * 1024;

/** The last `bytes` of the console, cut at the start of a line. */
export async function consoleEnd(path: string, bytes: number): Promise<string> {
  let file;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return "";
    throw error;
  }
  try {
    const { size } = await file.stat();
    const length = Math.min(bytes, size);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString("utf8").replaceAll("\r\n", "\n");
    return length < size ? text.slice(text.indexOf("\n") + 1) : text;
  } finally {
    await file.close();
  }
}

/** Keeps the newer half. The machine goes on writing at the new end, for it appends. */
export async function boundConsole(path: string): Promise<void> {
  let size: number;
  try {
    ({ size } = await stat(path));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  if (size <= consoleBound) return;
  const kept = (await readFile(path)).subarray(-consoleBound / 2);
  await truncate(path, 0);
  await appendFile(path, kept);
}
