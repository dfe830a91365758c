import { hkdfSync } from "node:crypto";

/**
 * Keys of TLS session tickets. Both load balancers derive the same ones from the stack's secret and the clock, so that a
 * visitor's session goes on at the other one; no key is ever sent between machines.
 */

/** How long one key encrypts, in milliseconds. Tickets are good for two periods at most. */
export const periodMs = 12 * 3_600_000;

/** HAProxy's longest: AES-256 and its HMAC. https://docs.haproxy.org/3.0/configuration.html#5.1-tls-ticket-keys */
const keyBytes = 80;

function keyOf(secret: string, period: number): string {
  return Buffer.from(hkdfSync("sha256", secret, "", `quickcart session tickets ${period}`, keyBytes)).toString("base64");
}

/** Previous, current and next, in the order of HAProxy's file: it encrypts with the last but one, and decrypts with all. */
export function ticketKeys(secret: string, now: number): string[] {
  const period = Math.floor(now / periodMs);
  return [period - 1, period, period + 1].map((each) => keyOf(secret, each));
}

export const ticketKeysFile = (keys: readonly string[]): string => keys.map((key) => `${key}\n`).join("");

/** What to push, in this order, so that HAProxy has the wanted keys: each push drops its oldest key. */
export function keysToPush(wanted: readonly string[], loaded: readonly string[]): string[] {
  for (let count = 0; count < wanted.length; count += 1) {
    const after = [...loaded, ...wanted.slice(wanted.length - count)].slice(-wanted.length);
    if (after.length === wanted.length && after.every((key, index) => key === wanted[index])) return wanted.slice(wanted.length - count);
  }
  return [...wanted];
}

/** The keys in what `show tls-keys *` prints of one file, oldest first. */
export function parseLoadedKeys(text: string, file: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  const head = lines.map((line) => /^# (\d+) \((.*)\)$/.exec(line)).find((match) => match?.[2] === file);
  if (head === undefined || head === null) return [];
  return lines.filter((line) => line.startsWith(`${head[1]}.`)).map((line) => line.slice(line.indexOf(" ") + 1));
}
