import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../files.ts";

/** A bundle that cannot serve on this machine. Trying again by itself would only disturb the one that does. */
export class BundleFailed extends Error {
  override name = "BundleFailed";
  readonly hash: string;
  readonly why: string;

  constructor(hash: string, why: string, cause?: unknown) {
    super(`bundle ${hash} failed: ${why}`, { cause });
    this.hash = hash;
    this.why = why;
  }
}

/**
 * The bundles that failed since the agent was started. Each leaves a file of its name, so that a release's gate need not
 * wait for what will not come. systemd empties the folder when the agent ends: starting it is how to ask for another attempt.
 */
export class Failures {
  private readonly folder: string;
  private readonly known = new Set<string>();

  constructor(folder: string) {
    this.folder = folder;
  }

  has(hash: string): boolean {
    return this.known.has(hash);
  }

  async note({ hash, why }: BundleFailed): Promise<void> {
    this.known.add(hash);
    await mkdir(this.folder, { recursive: true });
    await writeAtomically(join(this.folder, hash), `${why}\n`);
  }

  /** Forgets what nobody wants any more: wanted again, it is tried again. */
  async keepOnly(wanted: readonly string[]): Promise<void> {
    for (const hash of this.known) {
      if (wanted.includes(hash)) continue;
      this.known.delete(hash);
      await rm(join(this.folder, hash), { force: true });
    }
  }
}
