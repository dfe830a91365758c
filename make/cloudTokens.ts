import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tell } from "../localcloud/client.ts";
import { siteDir } from "./site.ts";

/** What machines may do in the local cloud, by the setting that holds their token: each can do nothing else. */
const tokens = {
  "quickcart:addressToken": { name: "floating-address", scopes: ["reserved_ip:read", "reserved_ip:update"] },
  "quickcart:fenceToken": { name: "fence", scopes: ["droplet:read", "droplet:update"] },
} as const;

type Setting = keyof typeof tokens;

/**
 * A token of the local stack. Made once, as its user makes one in the cloud's console, and again only if the cloud no
 * longer knows it: another token is another user-data, which would replace machines.
 */
export async function ensureToken(setting: Setting): Promise<string> {
  const { name, scopes } = tokens[setting];
  const file = join(siteDir, `${name}-token`);
  if (existsSync(file)) {
    const kept = readFileSync(file, "utf8").trim();
    const known = (await tell("tokenScopes", { token: kept })).scopes;
    if (known !== null && scopes.every((scope) => known.includes(scope))) return kept;
  }
  const { token } = await tell("token", { name, scopes: [...scopes] });
  mkdirSync(siteDir, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}

/** All of them, for a run's settings. */
export async function ensureTokens(): Promise<Record<Setting, string>> {
  return { "quickcart:addressToken": await ensureToken("quickcart:addressToken"), "quickcart:fenceToken": await ensureToken("quickcart:fenceToken") };
}
