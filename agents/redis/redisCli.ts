import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { isNativeError } from "node:util/types";
import type { Run } from "../commands.ts";
import { message } from "../errors.ts";

const execute = promisify(execFile);

/** A thousand slots full of data take minutes. */
const timeoutMs = 15 * 60_000;

/** What matters of its long talk is at the end. */
const wordsKept = 600;

/** redis-cli, with the password in its environment: other users can read arguments. */
export function redisCli(password: string): Run {
  return async (program, args) => {
    try {
      return (await execute(program, [...args], { timeout: timeoutMs, maxBuffer: 32 * 1024 * 1024, env: { ...process.env, REDISCLI_AUTH: password } })).stdout;
    } catch (error) {
      const said = isNativeError(error) && "stdout" in error && "stderr" in error ? `${String(error.stdout)}${String(error.stderr)}`.trim() : "";
      throw new Error(`${program} ${args.slice(0, 2).join(" ")}: ${said.slice(-wordsKept) || message(error)}`, { cause: error });
    }
  };
}
