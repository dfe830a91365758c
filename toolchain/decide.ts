/**
 * Which way something is obtained: what is there already, else the official download, else what needs nothing but
 * package registries (a build from Go modules, or for a provider plugin its stand-in). Pure.
 */

export interface Facts<Fallback extends string> {
  wanted: string;
  /** What the machine itself has; `version` null when it does not say. */
  installed: { version: string | null; path: string } | null;
  /** Why the official download cannot be had: nobody answers there, or it was tried in vain. null: go and try. */
  noDownload: string | null;
  fallback: Fallback;
}

export interface Decision<Way extends string> {
  way: Way;
  /** For people: the rest of "way: ...". */
  why: string;
}

export function decide<Fallback extends string>(facts: Facts<Fallback>): Decision<"installed" | "downloaded" | Fallback> {
  const { installed, wanted, noDownload } = facts;
  if (installed?.version === wanted) return { way: "installed", why: `found at ${installed.path}` };
  const passedOver = installed ? ` (${installed.path} is ${installed.version ?? "of an unknown version"}, not ${wanted})` : "";
  if (noDownload === null) return { way: "downloaded", why: `the official release${passedOver}` };
  return { way: facts.fallback, why: `${noDownload}${passedOver}` };
}
