import type { Canary, Release } from "../documents.ts";

/** Both documents, as far as they are there. */
export interface Releases {
  canary: Canary | null;
  base: Release | null;
}

/** What a machine is to serve: the first of these that works. */
export function candidates({ canary, base }: Releases, machine: string): string[] {
  const own = canary?.machine === machine ? [canary.app] : [];
  return [...new Set([...own, ...base === null ? [] : [base.app]])];
}
