/** Holds every connection that the primary's PostgreSQL gives, past the pool, until its input is closed. */
import { Client } from "pg";
import { z } from "zod";
import { ports } from "../../../components/ports.ts";

const url = new URL(z.object({ DIRECT_URL: z.url() }).parse(process.env).DIRECT_URL);
url.port = String(ports.postgres.from);
url.pathname = "/app";

let held = 0;
for (;;) {
  const client = new Client({ connectionString: url.href, connectionTimeoutMillis: 5_000 });
  // A server that ends it ends nothing else.
  client.on("error", () => undefined);
  try {
    await client.connect();
    held += 1;
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ held, refused: error instanceof Error ? error.message : String(error) })}\n`);
    break;
  }
}
process.stdin.on("end", () => process.exit(0)).resume();
