import { join } from "node:path";
import { z } from "zod";
import { stateDir } from "../localcloud/paths.ts";
import { UserError } from "./steps.ts";

const port = z.coerce.number().int().min(1).max(65535);

/** What `make up` keeps of the site: its token, its certificate authority. Of root only, and gone with the local cloud. */
export const siteDir = join(stateDir, "site");

/** Of the authority that issued the site's certificate; written by `make up`. */
export const caFile = join(siteDir, "ca.crt");

/**
 * The port of this machine's 127.0.0.1 that leads to the floating address. `QUICKCART_PORT` chooses another than 8443.
 * @throws UserError when it is no port
 */
export function sitePort(): number {
  const given = process.env["QUICKCART_PORT"] ?? "8443";
  const parsed = port.safeParse(given);
  if (!parsed.success) throw new UserError(`QUICKCART_PORT=${given}: a port is a whole number from 1 to 65535`);
  return parsed.data;
}

/** Where the site answers on this machine, by the name that its certificate has. */
export const siteUrl = (at = sitePort()): string => `https://localhost:${at}/`;

export const curlCommand = (url: string): string => `curl --cacert ${caFile} ${url}`;
