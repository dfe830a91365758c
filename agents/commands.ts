import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { isNativeError } from "node:util/types";
import { message } from "./errors.ts";

/** Runs a program and answers what it printed; rejects with its own words. */
export type Run = (program: string, args: readonly string[]) => Promise<string>;

const execute = promisify(execFile);
const timeoutMs = 30_000;

export const run: Run = async (program, args) => {
  try {
    return (await execute(program, [...args], { timeout: timeoutMs, maxBuffer: 8 * 1024 * 1024 })).stdout;
  } catch (error) {
    const said = isNativeError(error) && "stderr" in error ? String(error.stderr).trim() : "";
    throw new Error(`${program} ${args.join(" ")}: ${said || message(error)}`, { cause: error });
  }
};
