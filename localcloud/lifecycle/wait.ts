import { setTimeout as pause } from "node:timers/promises";

/**
 * Asks again and again until it is so.
 *
 * @param what in the error's words: "DNS answers"
 * @param limit milliseconds
 * @param detail what is known when the limit passes
 */
export async function waitUntil(
  what: string,
  limit: number,
  isSo: () => Promise<boolean> | boolean,
  detail: () => string = () => "",
): Promise<void> {
  const end = Date.now() + limit;
  for (let wait = 5; ; wait = Math.min(wait * 2, 200)) {
    if (await isSo()) return;
    if (Date.now() > end) {
      const known = detail();
      throw new Error(`waited ${limit / 1000} s in vain for: ${what}${known === "" ? "" : ` (${known})`}`);
    }
    await pause(wait);
  }
}
