import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { isNativeError } from "node:util/types";
import type { Run } from "../commands.ts";
import { message } from "../errors.ts";
import type { RedisSettings } from "./settings.ts";

const execute = promisify(execFile);

/** A thousand slots full of data take minutes. */
const timeoutMs = 15 * 60_000;

/** What matters of its long talk is at the end. */
const wordsKept = 600;

/** redis-cli, with the password in its environment: other users can read arguments. */
export function redisCli({ password, tls, limitMs = timeoutMs }: Pick<RedisSettings, "password" | "tls"> & { limitMs?: number }): Run {
  return async (program, args) => {
    try {
      return (await execute(program, [...args, ...tlsArguments(tls)], { timeout: limitMs, maxBuffer: 32 * 1024 * 1024, env: { ...process.env, REDISCLI_AUTH: password } })).stdout;
    } catch (error) {
      const said = isNativeError(error) && "stdout" in error && "stderr" in error ? `${String(error.stdout)}${String(error.stderr)}`.trim() : "";
      throw new Error(`${program} ${args.slice(0, 2).join(" ")}: ${said.slice(-wordsKept) || message(error)}`, { cause: error });
    }
  };
}

/** redis-cli holds a server to its authority, not to a name. */
export const tlsArguments = (tls: RedisSettings["tls"]): string[] => tls === null ? [] : ["--tls", "--cacert", tls.authorityPath, "--sni", tls.name];
