import { isNativeError } from "node:util/types";

export function message(error: unknown): string {
  // What was tried at several addresses says nothing itself.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(message).join(", ");
  return isNativeError(error) ? error.message : String(error);
}

/** Whether the system said so, e.g. `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return isNativeError(error) && "code" in error && error.code === code;
}
