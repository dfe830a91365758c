import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packagesFile, parsePackages } from "../../../localcloud/images/packages.ts";
import { bakedKey, bareKey } from "../../../localcloud/images/recipe.ts";
import { cacheDir } from "../../../localcloud/paths.ts";

const packages = parsePackages(JSON.parse(readFileSync(packagesFile, "utf8")), packagesFile);
const layers = [`baked-${bakedKey(process.arch, packages)}`, `bare-${bareKey(process.arch)}`].map((name) => join(cacheDir, "images", name, "tree"));

function whyNot(): string | null {
  if (process.getuid?.() !== 0) return "it needs root";
  return layers.every((layer) => existsSync(layer)) ? null : "the machines' image is not baked yet";
}

/** Skips the suite, and says why, where there is no image of the machines. */
export function describeOnDebian(name: string, suite: () => void): void {
  const why = whyNot();
  if (why === null) describe(name, suite);
  else describe.skip(`${name} (skipped: ${why})`, suite);
}

/** Lays the image out in memory, in namespaces that end with the command. `$1` says which files it gets. */
const script = `set -euo pipefail
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay none -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
tar --extract --directory /mnt/root
mount -t proc proc /mnt/root/proc
mount -t devtmpfs none /mnt/root/dev 2>/dev/null || mount --bind /dev /mnt/root/dev
exec chroot /mnt/root /bin/bash --norc -c "$2" 2>&1`;

/** Starts a server of the machines' own Debian that is reached at 127.0.0.1, until it is killed. */
export function startOnDebian(command: string): ChildProcess {
  const child = spawn("unshare", ["--mount", "--pid", "--fork", "--kill-child", "bash", "--norc", "-c", script, "bash", layers.join(":"), `exec ${command}`], {
    stdio: ["pipe", "ignore", "inherit"], env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
  // No file beside those of the image: two empty blocks end an archive.
  child.stdin.end(Buffer.alloc(1024));
  return child;
}

/** Runs a command on the machines' own Debian, with these files beside it; answers all that it said. Throws that when it fails. */
export function onDebian(files: Uint8Array, command: string): string {
  const { status, signal, stdout, stderr } = spawnSync("unshare", [
    "--mount", "--net", "--pid", "--fork", "--kill-child", "bash", "--norc", "-c", script, "bash", layers.join(":"), command,
  ], { input: files, encoding: "utf8", timeout: 60_000, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  if (status === 0) return stdout;
  throw new Error(`on Debian, ${signal ?? `exit code ${String(status)}`}:\n${stdout}${stderr}`);
}
