import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open, readdir, readlink, rename, rm, stat, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { bundleContents, bundleSizeLimit } from "../bundle.ts";
import type { Run } from "../commands.ts";
import { keys } from "../documents.ts";
import { hasCode, message } from "../errors.ts";
import type { Bucket } from "../s3.ts";
import { type Slot, slots } from "../slots.ts";
import { BundleFailed } from "./failures.ts";
import { surplus } from "./surplus.ts";

const downloadTimeoutMs = 300_000;

/** The bundles on this machine, each in a folder named by its hash, and for each slot a link to the one that its unit starts. */
export class Bundles {
  private readonly root: string;
  private readonly bucket: Pick<Bucket, "download">;
  private readonly run: Run;

  constructor(root: string, bucket: Pick<Bucket, "download">, run: Run) {
    this.root = root;
    this.bucket = bucket;
    this.run = run;
  }

  /** What the slot's unit starts, also at boot; null when the slot is free. */
  async in(slot: Slot): Promise<string | null> {
    try {
      return await readlink(join(this.root, slot));
    } catch (error) {
      if (hasCode(error, "ENOENT")) return null;
      throw error;
    }
  }

  /**
   * Fetches, checks and unpacks. A folder with the hash's name is always whole: it gets its name last.
   * @throws BundleFailed when trying again would not help
   */
  async install(hash: string): Promise<void> {
    if (await exists(join(this.root, hash))) return;
    const archive = join(this.root, `${hash}.tar.zst.part`);
    const folder = join(this.root, `${hash}.tmp`);
    try {
      await this.download(hash, archive);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      await this.unpack(hash, archive, folder);
      // A power loss must not leave the name without the content.
      await settle(folder);
      await rename(folder, join(this.root, hash));
    } finally {
      await rm(archive, { force: true });
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Puts the bundle into the slot, at once: there is no moment with half a link. */
  async place(slot: Slot, hash: string): Promise<void> {
    const part = join(this.root, `${slot}.part`);
    await rm(part, { force: true });
    await symlink(hash, part);
    await rename(part, join(this.root, slot));
  }

  async free(slot: Slot): Promise<void> {
    await rm(join(this.root, slot), { force: true });
  }

  /** Remembers that the bundle is in service now. */
  async noteServing(hash: string): Promise<void> {
    const now = new Date();
    await utimes(join(this.root, hash), now, now);
  }

  /** Keeps those that were in service last, to go back to. */
  async prune(): Promise<void> {
    const all = await readdir(this.root);
    const names = all.filter((name) => /^[0-9a-f]{64}$/.test(name));
    const bundles = await Promise.all(names.map(async (name) => ({ name, selectedMs: (await stat(join(this.root, name))).mtimeMs })));
    const held = await Promise.all(slots.map((slot) => this.in(slot)));
    // What a power loss cut short has no other use either.
    const fragments = all.filter((name) => /\.(tmp|part)$/.test(name));
    const surplusNames = surplus(bundles, held.filter((name) => name !== null));
    for (const name of [...surplusNames, ...fragments]) await rm(join(this.root, name), { recursive: true, force: true });
  }

  private async unpack(hash: string, archive: string, folder: string): Promise<void> {
    try {
      await this.run("tar", ["--extract", "--zstd", "--no-same-owner", "--file", archive, "--directory", folder]);
    } catch (error) {
      // A full disk is said here, too: whoever mends it starts the agent again, or the release.
      throw new BundleFailed(hash, `it cannot be unpacked: ${message(error)}`, error);
    }
    for (const name of bundleContents) {
      if (!await exists(join(folder, name))) throw new BundleFailed(hash, `it holds no ${name}, or a link to one that this machine does not have`);
    }
  }

  private async download(hash: string, path: string): Promise<void> {
    await mkdir(this.root, { recursive: true });
    const digest = createHash("sha256");
    await pipeline(
      this.bucket.download(keys.app(hash), bundleSizeLimit, downloadTimeoutMs),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          digest.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(path),
    );
    const actual = digest.digest("hex");
    if (actual !== hash) throw new BundleFailed(hash, `${keys.app(hash)} has the sha256 ${actual}: damaged or forged, not unpacked`);
  }
}

/** Not the whole file system: others write to it, too, and this is in the way of a release. */
async function settle(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile() || entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of [...paths, folder]) {
    const handle = await open(path, "r");
    await handle.sync().finally(() => handle.close());
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
