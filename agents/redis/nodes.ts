import { Redis } from "ioredis";
import { message } from "../errors.ts";
import type { NodeTls } from "./settings.ts";

/** Says a command to the Redis of one machine, as the user that may do everything; answers what it said. */
export type Ask = (address: string, ...words: string[]) => Promise<unknown>;

export interface NodesOptions {
  readonly user: string;
  readonly password: string;
  /** Null: the nodes talk without. */
  readonly tls: NodeTls | null;
  /** For a command, in milliseconds; decisions must not hang on a machine that is gone. */
  readonly timeoutMs?: number;
}

export const redisPort = 6379;

/** One connection a node, made when it is wanted and made anew once it was lost. Never retries: whoever asks decides again. */
export class Nodes {
  private readonly connections = new Map<string, Redis>();
  private readonly options: NodesOptions;

  constructor(options: NodesOptions) {
    this.options = options;
  }

  readonly ask: Ask = async (address, ...words) => {
    const [command = "", ...rest] = words;
    const connection = this.connectionTo(address);
    try {
      return await connection.call(command, ...rest);
    } catch (error) {
      // A machine that lost its power closes nothing: by this connection its return would be noticed minutes late.
      if (message(error).includes("Command timed out")) this.drop(address, connection);
      throw new Error(`${address}: ${words.slice(0, 2).join(" ")}: ${message(error)}`, { cause: error });
    }
  };

  close(): void {
    for (const connection of this.connections.values()) connection.disconnect();
    this.connections.clear();
  }

  private drop(address: string, connection: Redis): void {
    if (this.connections.get(address) === connection) this.connections.delete(address);
    connection.disconnect();
  }

  private connectionTo(address: string): Redis {
    const known = this.connections.get(address);
    if (known !== undefined && known.status !== "end" && known.status !== "close") return known;
    const { user, password, tls, timeoutMs = 2_000 } = this.options;
    const connection = new Redis({
      host: address, port: redisPort, username: user, password,
      connectTimeout: Math.min(timeoutMs, 2_000), commandTimeout: timeoutMs, maxRetriesPerRequest: 0, retryStrategy: () => null, enableReadyCheck: false,
      // By the name that all of them have: none has its address in its certificate.
      ...tls === null ? {} : { tls: { ca: tls.authority, servername: tls.name } },
    });
    // Each command's own error says it; without a listener this one would end the process.
    connection.on("error", () => undefined);
    this.connections.set(address, connection);
    return connection;
  }
}

/** Of an answer that is text. */
export async function askText(ask: Ask, address: string, ...words: string[]): Promise<string> {
  const answer = await ask(address, ...words);
  if (typeof answer === "string") return answer;
  throw new Error(`${address}: ${words.join(" ")} answered ${JSON.stringify(answer)}, not text`);
}
