import { readTextIfThere } from "../files.ts";
import { publicMirror, publicSecurityMirror } from "./recipe.ts";
import { run } from "./isolated.ts";

export interface Mirrors {
  debian: string;
  security: string;
  /** For apt and debootstrap alike; null when the host has none. */
  proxy: string | null;
}

/** A Debian host may reach no other mirror than the one it is set up with; Ubuntu's mirrors have no Debian. */
export async function hostMirrors(): Promise<Mirrors> {
  const proxy = parseProxy(await run(["apt-config", "shell", "proxy", "Acquire::http::Proxy"]));
  const release = await readTextIfThere("/etc/os-release");
  if (release === null || !/^ID=debian$/m.test(release)) return { debian: publicMirror, security: publicSecurityMirror, proxy };
  const uris = (await run(["apt-get", "indextargets", "--format", "$(REPO_URI)"])).split("\n");
  return { ...mirrorsAmong(uris), proxy };
}

/** @param uris of the host's apt repositories */
export function mirrorsAmong(uris: readonly string[]): Pick<Mirrors, "debian" | "security"> {
  const find = (name: string, otherwise: string): string =>
    uris.map((uri) => uri.replace(/\/+$/, "")).find((uri) => /^https?:\/\//.test(uri) && uri.endsWith(`/${name}`)) ?? otherwise;
  return { debian: find("debian", publicMirror), security: find("debian-security", publicSecurityMirror) };
}

/** @param shell what `apt-config shell proxy ...` prints: `proxy='http://127.0.0.1:3128'`, or nothing */
export function parseProxy(shell: string): string | null {
  const value = /^proxy='(.*)'$/m.exec(shell)?.[1] ?? "";
  return value === "" || value === "DIRECT" ? null : value;
}

/** How apt names a repository's lists in /var/lib/apt/lists. */
export function listPrefix(uri: string): string {
  return `${uri.replace(/^[a-z]+:\/\//, "").replace(/\/+$/, "").replaceAll("_", "%5f").replaceAll("/", "_")}_`;
}
