import { z } from "zod";
import { UserError } from "./steps.ts";

const port = z.coerce.number().int().min(1).max(65535);

/**
 * Where the site answers on this machine. `QUICKCART_PORT` chooses another port than 8080.
 * @throws UserError when it is no port
 */
export function siteUrl(): string {
  const given = process.env["QUICKCART_PORT"] ?? "8080";
  const parsed = port.safeParse(given);
  if (!parsed.success) throw new UserError(`QUICKCART_PORT=${given}: a port is a whole number from 1 to 65535`);
  return `http://127.0.0.1:${parsed.data}/`;
}
