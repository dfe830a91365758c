/** Holds every connection that the primary's PostgreSQL gives, past the pool, and takes those that others give back, until its input is closed. */
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import { z } from "zod";
import { message } from "../../../agents/errors.ts";
import { ports } from "../../../components/ports.ts";

const url = new URL(z.object({ DIRECT_URL: z.url() }).parse(process.env).DIRECT_URL);
url.port = String(ports.postgres.from);
url.pathname = "/app";

process.stdin.on("end", () => process.exit(0)).resume();

const againMs = 50;
let held = 0;
let told = false;
for (;;) {
  const client = new Client({ connectionString: url.href, connectionTimeoutMillis: 5_000 });
  // A server that ends it ends nothing else.
  client.on("error", () => undefined);
  try {
    await client.connect();
    held += 1;
  } catch (error) {
    if (!told) process.stdout.write(`${JSON.stringify({ held, refused: message(error) })}\n`);
    told = true;
    await pause(againMs);
  }
}
