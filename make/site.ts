import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { stateDir } from "../localcloud/paths.ts";
import { UserError } from "./steps.ts";

const siteSchema = z.object({ floatingAddress: z.ipv4(), bucket: z.string(), region: z.string() });
export type Site = z.infer<typeof siteSchema>;

const port = z.coerce.number().int().min(1).max(65535);

/** What `make up` keeps of the site: its token, its certificate authority. Of root only, and gone with the local cloud. */
export const siteDir = join(stateDir, "site");

/** Of the authority that issued the site's certificate; written by `make up`. */
export const caFile = join(siteDir, "ca.crt");

const siteFile = join(siteDir, "site.json");

/**
 * What `make url` and `make status` need of the stack, so that they need not ask Pulumi.
 * @param ca null when the stack has a certificate of its own, which everybody trusts
 */
export function writeSite({ floatingAddress, bucket, region }: Site, ca: string | null): void {
  mkdirSync(siteDir, { recursive: true, mode: 0o700 });
  if (ca === null) rmSync(caFile, { force: true });
  else writeFileSync(caFile, `${ca.trimEnd()}\n`, { mode: 0o644 });
  writeFileSync(siteFile, JSON.stringify({ floatingAddress, bucket, region }), { mode: 0o600 });
}

/** null before a first `make up` has ended. */
export function readSite(): Site | null {
  return existsSync(siteFile) ? siteSchema.parse(JSON.parse(readFileSync(siteFile, "utf8"))) : null;
}

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

export const curlCommand = (url: string): string => existsSync(caFile) ? `curl --cacert ${caFile} ${url}` : `curl ${url}`;
