import { z } from "zod";

/** Where the site answers on this machine. `QUICKCART_PORT` chooses another port than 8080. */
const port = z.coerce.number().int().min(1).max(65535)
  .catch((context) => { throw new Error(`QUICKCART_PORT=${String(context.value)}: a port is a whole number from 1 to 65535`); })
  .parse(process.env["QUICKCART_PORT"] ?? "8080");

export const siteUrl = `http://127.0.0.1:${port}/`;
