import { Client } from "pg";
import { message } from "../../../agents/errors.ts";

/** One connection to the database, made anew after each failure; nothing is ever sent again by itself. */
export class Lane {
  readonly #url: string;
  readonly #limitMs: number;
  #client: Client | null = null;
  busy = false;

  constructor(url: string, limitMs: number) {
    this.#url = url;
    this.#limitMs = limitMs;
  }

  /** The first column of the last row that the statements return. */
  async run(statements: string): Promise<string | null> {
    this.busy = true;
    try {
      const client = this.#client ?? await this.#connect();
      const answer: unknown = await client.query({ text: statements, rowMode: "array" });
      return lastValue(answer);
    } catch (error) {
      this.end();
      throw new Error(message(error), { cause: error });
    } finally {
      this.busy = false;
    }
  }

  end(): void {
    const client = this.#client;
    this.#client = null;
    // A server without power hears no goodbye, and nobody waits for it to.
    client?.connection.stream.destroy();
  }

  async #connect(): Promise<Client> {
    const client = new Client({ connectionString: this.#url, connectionTimeoutMillis: this.#limitMs, query_timeout: this.#limitMs, application_name: "drill" });
    // What an earlier one still has to say is nobody's business.
    client.on("error", () => { if (this.#client === client) this.end(); });
    await client.connect();
    this.#client = client;
    return client;
  }
}

/** Several statements have several results. */
function lastValue(answer: unknown): string | null {
  const results = (Array.isArray(answer) ? answer : [answer]) as { rows: unknown[][] }[];
  const value = results.flatMap(({ rows }) => rows).at(-1)?.[0];
  return value === undefined || value === null ? null : String(value);
}
