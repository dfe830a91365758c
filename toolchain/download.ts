import { readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { run, tail } from "../make/run.ts";
import { UserError } from "../make/steps.ts";
import { sha256 } from "./store.ts";

/** Longer than a slow TLS handshake, short enough that a closed network costs one breath. */
const probeSeconds = 5;

/** Why nothing can be fetched from this address, or null when somebody answers there. */
export async function probe(url: string): Promise<string | null> {
  // curl, not fetch: it honours the machine's proxy settings and certificates, as an administrator expects.
  const { code, output } = await run("curl", [
    "--silent", "--show-error", "--head", "--output", "/dev/null", "--max-time", String(probeSeconds), url,
  ], { limitMs: (probeSeconds + 2) * 1000 });
  return code === 0 ? null : `${new URL(url).host} cannot be reached (${reason(output)})`;
}

/** Fetches a release and unpacks it into `dir`, its own top folder left out. Fails unless the published checksum fits. */
export async function downloadRelease(release: { archive: string; checksums: string }, dir: string): Promise<void> {
  const name = basename(new URL(release.archive).pathname);
  const archive = join(dir, name);
  const checksums = join(dir, "checksums.txt");
  await Promise.all([fetchTo(release.archive, archive), fetchTo(release.checksums, checksums)]);
  const expected = checksumOf(name, await readFile(checksums, "utf8"));
  if (!expected) throw new UserError(`${release.checksums} says nothing of ${name}`);
  const found = await sha256(archive);
  if (found !== expected) throw new UserError(`${release.archive} has the checksum ${found}, published is ${expected}`);
  const { code, output } = await run("tar", ["--extract", "--gzip", "--file", archive, "--directory", dir, "--strip-components=1", "--no-same-owner"], { limitMs: 120_000 });
  if (code !== 0) throw new UserError(`cannot unpack ${name}: ${tail(output, 3)}`);
  await Promise.all([rm(archive), rm(checksums)]);
}

/** From lines as sha256sum(1) prints them. */
export function checksumOf(name: string, list: string): string | undefined {
  for (const line of list.split("\n")) {
    const [sum, file] = line.trim().split(/\s+\*?/);
    if (file === name && sum && /^[0-9a-f]{64}$/.test(sum)) return sum;
  }
  return undefined;
}

async function fetchTo(url: string, path: string): Promise<void> {
  const { code, output } = await run("curl", [
    "--silent", "--show-error", "--fail", "--location", "--connect-timeout", "5", "--retry", "2",
    // Ten seconds below 10 kB/s: the line is dead, or so slow that building is quicker.
    "--speed-limit", "10000", "--speed-time", "10",
    "--output", path, url,
  ], { limitMs: 600_000 });
  if (code !== 0) throw new UserError(`${url}: ${reason(output)}`);
}

const reason = (output: string): string => tail(output, 1).replace(/^curl: \(\d+\) /, "") || "no reason given";
