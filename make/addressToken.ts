import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tell } from "../localcloud/client.ts";
import { siteDir } from "./site.ts";

/** All that moving a floating address takes: the load balancers hold this token, and it can do nothing else. */
const scopes = ["reserved_ip:read", "reserved_ip:update"];

const file = join(siteDir, "address-token");

/**
 * The value of the local stack's `quickcart:addressToken`. Made once, as its user makes one in the cloud's console, and
 * again only if the cloud no longer knows it: another token is another user-data, which would replace both load balancers.
 */
export async function ensureAddressToken(): Promise<string> {
  if (existsSync(file)) {
    const kept = readFileSync(file, "utf8").trim();
    const known = (await tell("tokenScopes", { token: kept })).scopes;
    if (known !== null && scopes.every((scope) => known.includes(scope))) return kept;
  }
  const { token } = await tell("token", { name: "floating-address", scopes });
  mkdirSync(siteDir, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}
