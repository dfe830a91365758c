import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readlink, rename, rm, stat, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Run } from "../commands.ts";
import { keys } from "../documents.ts";
import type { Bucket } from "../s3.ts";
import { surplus } from "./surplus.ts";

/** A bundle is a Node.js and one file of JavaScript: it needs nothing of the machine but systemd. */
const contents = ["node", "main.mjs"] as const;
const sizeLimit = 512 * 1024 * 1024;
const downloadTimeoutMs = 300_000;

type Link = "current" | "started";

/** The bundles on this machine, each in a folder named by its hash; the link `current` to the one that the unit starts, `started` to the one it was started with. */
export class Bundles {
  private readonly root: string;
  private readonly bucket: Pick<Bucket, "download">;
  private readonly run: Run;

  constructor(root: string, bucket: Pick<Bucket, "download">, run: Run) {
    this.root = root;
    this.bucket = bucket;
    this.run = run;
  }

  async current(): Promise<string | null> {
    return await this.linked("current");
  }

  async started(): Promise<string | null> {
    return await this.linked("started");
  }

  /** Remembers that the unit was told. An agent that is killed before it comes to this must tell it again. */
  async noteStarted(hash: string): Promise<void> {
    await this.point("started", hash);
  }

  /** Fetches, checks and unpacks. A folder with the hash's name is always whole: it gets its name last. */
  async install(hash: string): Promise<void> {
    if (await exists(join(this.root, hash))) return;
    const archive = join(this.root, `${hash}.tar.zst.part`);
    const folder = join(this.root, `${hash}.tmp`);
    try {
      await this.download(hash, archive);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      await this.run("tar", ["--extract", "--zstd", "--no-same-owner", "--file", archive, "--directory", folder]);
      for (const name of contents) {
        if (!await exists(join(folder, name))) throw new Error(`bundle ${hash} holds no ${name}`);
      }
      // A power loss must not leave the name without the content.
      await this.run("sync", ["--file-system", folder]);
      await rename(folder, join(this.root, hash));
    } finally {
      await rm(archive, { force: true });
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Points `current` at the bundle, at once: there is no moment without it. */
  async select(hash: string): Promise<void> {
    const now = new Date();
    await utimes(join(this.root, hash), now, now);
    await this.point("current", hash);
  }

  /** Keeps those that were in service last, to go back to. */
  async prune(): Promise<void> {
    const current = await this.current();
    const all = await readdir(this.root);
    const names = all.filter((name) => /^[0-9a-f]{64}$/.test(name));
    const bundles = await Promise.all(names.map(async (name) => ({ name, selectedMs: (await stat(join(this.root, name))).mtimeMs })));
    // What a power loss cut short has no other use either.
    const fragments = all.filter((name) => /\.(tmp|part)$/.test(name));
    for (const name of [...surplus(bundles, current), ...fragments]) await rm(join(this.root, name), { recursive: true, force: true });
  }

  private async linked(name: Link): Promise<string | null> {
    return await readlink(join(this.root, name)).catch(() => null);
  }

  private async point(name: Link, hash: string): Promise<void> {
    const part = join(this.root, `${name}.part`);
    await rm(part, { force: true });
    await symlink(hash, part);
    await rename(part, join(this.root, name));
  }

  private async download(hash: string, path: string): Promise<void> {
    await mkdir(this.root, { recursive: true });
    const digest = createHash("sha256");
    await pipeline(
      this.bucket.download(keys.app(hash), sizeLimit, downloadTimeoutMs),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          digest.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(path),
    );
    const actual = digest.digest("hex");
    if (actual !== hash) throw new Error(`${keys.app(hash)} has the sha256 ${actual}: damaged or forged, not unpacked`);
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
