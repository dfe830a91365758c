import { existsSync } from "node:fs";
import { chmod, mkdir, open, rename, rm, rmdir, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode } from "../files.ts";
import { waitUntil } from "../lifecycle/wait.ts";
import { capture, run } from "./command.ts";
import { type Folders } from "./folders.ts";
import { isMounted, unmountBelow } from "./mounts.ts";
import { type SeedFile } from "./seed.ts";

/**
 * A sparse file with a file system of the ordered size, so that `df` and "no space left" are real: 30 ms to make. No
 * journal: the kernel outlives every power loss that we play.
 */
export async function makeDisk(path: string, sizeGiB: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.draft`;
  await rm(draft, { force: true });
  const file = await open(draft, "wx", 0o600);
  await file.truncate(sizeGiB * 1024 ** 3);
  await file.close();
  await run(["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1,nodiscard", "-O", "^has_journal,^resize_inode", "-i", "65536", draft]);
  await rename(draft, path);
}

/** The disk must not be mounted anywhere: an ext4 without reserved descriptors grows only at rest. 50 ms. */
export async function growDisk(path: string, sizeGiB: number): Promise<void> {
  // Detached in the background after the last unmount.
  await waitUntil(`${path} to be free of its loop device`, 5_000, async () => (await run(["losetup", "--associated", path])).trim() === "");
  await truncate(path, sizeGiB * 1024 ** 3);
  const { code, stdout, stderr } = await capture(["e2fsck", "-f", "-p", path]);
  // 1: it has mended something.
  if (code !== 0 && code !== 1) throw new Error(`${path} cannot grow, its file system is damaged: ${stdout}${stderr}`);
  await run(["resize2fs", path]);
}

/** @param layers folders of the image, the first covers the others */
export async function mountDisk(folders: Folders, layers: readonly string[]): Promise<void> {
  await mkdir(folders.root, { recursive: true });
  await mkdir(folders.diskMount, { recursive: true });
  if (!(await isMounted(folders.diskMount))) await run(["mount", "-o", "loop", "-t", "ext4", folders.disk, folders.diskMount]);
  const upper = join(folders.diskMount, "upper");
  const work = join(folders.diskMount, "work");
  await mkdir(upper, { recursive: true });
  await mkdir(work, { recursive: true });
  if (await isMounted(folders.root)) return;
  for (const layer of layers) {
    if (!existsSync(layer)) throw new Error(`the machine's image is incomplete: ${layer} is not there; \`make up\` bakes it`);
    if (/[:,\\]/.test(layer)) throw new Error(`${layer}: an overlay's folder cannot have : , or \\ in its name`);
  }
  await run(["mount", "-t", "overlay", "overlay", "-o", `lowerdir=${layers.join(":")},upperdir=${upper},workdir=${work}`, folders.root]);
}

export async function writeSeed(root: string, files: readonly SeedFile[]): Promise<void> {
  for (const { path, text, mode } of files) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text, { mode });
    await chmod(target, mode);
  }
}

/** The loop device goes with its last mount. */
export async function unmountDisk(folders: Folders): Promise<void> {
  await unmountBelow(folders.root);
  await unmountBelow(folders.diskMount);
  // A command that began in mounts of its own has copies of ours and would hold the disk: the kernel ends them with the folder.
  for (const folder of [folders.root, folders.diskMount]) {
    await rmdir(folder).catch((error: unknown) => {
      if (!hasCode(error, "ENOENT")) throw error;
    });
  }
}

/** Beside the overlay's upper directory: takes the space and is not seen from inside. */
const ballast = (folders: Folders): string => join(folders.diskMount, "ballast");

/**
 * In ever smaller pieces, down to a block: allocated, not written, so it costs the host nothing, and is done before the machine
 * can make room for us.
 */
const filling = `
offset=0
for kibibytes in 1048576 65536 4096 256 16 4; do
  while fallocate --offset "$offset" --length "\${kibibytes}k" "$1" 2> /dev/null; do offset=$((offset + kibibytes * 1024)); done
done`;

/** To the last block, those kept for root included. */
export async function fillDisk(folders: Folders): Promise<void> {
  await run(["sh", "-c", filling, "sh", ballast(folders)], { timeout: 60_000 });
}

export async function emptyDisk(folders: Folders): Promise<void> {
  await rm(ballast(folders), { force: true });
}
