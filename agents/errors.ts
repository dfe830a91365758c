import { isNativeError } from "node:util/types";

export function message(error: unknown): string {
  return isNativeError(error) ? error.message : String(error);
}

/** Whether the system said so, e.g. `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return isNativeError(error) && "code" in error && error.code === code;
}
