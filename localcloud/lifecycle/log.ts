import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { hasCode } from "../files.ts";

export interface Log {
  debug(message: string, about?: object): void;
  info(message: string, about?: object): void;
  warn(message: string, about?: object): void;
  error(message: string, about?: object): void;
}

/** The file and its one predecessor, in bytes each: enough for days, and never a full disk. */
const bound = 8 * 1024 * 1024;

/**
 * One JSON object a line. Written at once: the last line before a crash is the one that matters. Nothing secret goes
 * in: callers log names and ids, never bodies.
 */
export function openLog(path: string, who: string): Log {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let size = sizeOf(path);
  const write = (level: string, message: string, about: object = {}): void => {
    const line = JSON.stringify({ time: new Date().toISOString(), level, who, message, ...about }) + "\n";
    try {
      if (size + line.length > bound) {
        renameSync(path, `${path}.1`);
        size = 0;
      }
      appendFileSync(path, line, { mode: 0o600 });
      size += line.length;
    } catch {
      // A full disk costs the line, and neither the daemon nor what it was about to do.
    }
  };
  return {
    debug: (message, about) => write("debug", message, about),
    info: (message, about) => write("info", message, about),
    warn: (message, about) => write("warn", message, about),
    error: (message, about) => write("error", message, about),
  };
}

export const silentLog: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return 0;
    throw error;
  }
}
