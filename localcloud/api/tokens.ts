import { createHash, randomBytes } from "node:crypto";
import type { AccountState, Token } from "./state/schema.ts";

/** DigitalOcean's personal access tokens look like this: `dop_v1_` and 64 hex digits. */
export function newToken(): string {
  return `dop_v1_${randomBytes(32).toString("hex")}`;
}

/** Tokens are long random numbers: a plain hash of one cannot be turned back, and needs no salt. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

export function findToken(state: AccountState, authorization: string | undefined): Token | null {
  const match = /^Bearer +(\S+)$/i.exec(authorization ?? "");
  const secret = match?.[1];
  if (secret === undefined) return null;
  const hash = tokenHash(secret);
  return state.tokens.find((token) => token.hash === hash) ?? null;
}

export function missingScopes(token: Token, wanted: string[]): string[] {
  return token.scopes.includes("*") ? [] : wanted.filter((scope) => !token.scopes.includes(scope));
}

/** Throws when one of them is no scope of this API: a misspelt scope would only show as a 403 much later. */
export function checkScopes(scopes: string[], known: string[]): void {
  const wrong = scopes.filter((scope) => scope !== "*" && !known.includes(scope));
  if (scopes.length === 0 || wrong.length > 0) {
    throw new Error(`Unknown scopes: ${wrong.join(", ") || "(none given)"}. Allowed are "*" (all) and: ${known.join(", ")}.`);
  }
}
