import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheDir } from "../paths.ts";
import { droplet, enabledUnits, maskedUnits } from "./configuration.ts";
import { disableUnitsOf } from "./dormant.ts";
import { cleanEnvironment, inLayer, inTree, isolated, run } from "./isolated.ts";
import { withLock } from "./lock.ts";
import { type Mirrors, hostMirrors, listPrefix } from "./mirror.ts";
import { type RolePackages, allPackages, readPackages } from "./packages.ts";
import { pruneImages } from "./prune.ts";
import { type Progress, progress } from "./progress.ts";
import { bakedKey, bareKey, barePackages, publicMirror, publicSecurityMirror, suite } from "./recipe.ts";

/** Folders for an overlay's `lowerdir`. */
export interface Images {
  /** Debian as a droplet has it before its first boot. */
  bare: string;
  /** What comes on top so that every role's packages are there already; the first covers the others. */
  baked: string[];
}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Makes the images, or finds them made. Content-addressed: an image is either whole or not there, and what an interrupted
 * bake left behind is cleared by the next.
 *
 * @param say is given lines for a person, at least one every five seconds
 */
export async function bakeImages(say: (line: string) => void, root: string = join(cacheDir, "images")): Promise<Images> {
  const packages = readPackages();
  const images = imagesIn(root, packages);
  if (isBaked(images)) return images;
  await mkdir(root, { recursive: true });
  return withLock(join(root, "lock"), () => say("another process bakes the images; waiting for it"), async () => {
    if (isBaked(images)) return images;
    for (const name of await readdir(root)) {
      if (name.startsWith(draftPrefix)) await rm(join(root, name), { recursive: true, force: true });
    }
    const mirrors = await hostMirrors();
    const reporter = progress(say);
    if (!existsSync(images.bare)) await bakeBare(images.bare, mirrors, reporter);
    for (const layer of images.baked) if (!existsSync(layer)) await bakeLayer(images.bare, layer, packages, mirrors, reporter);
    for (const name of await pruneImages(root, [images.bare, ...images.baked])) say(`an older image is removed: ${name}`);
    return images;
  });
}

/** Where the images are once they are baked; null while they are not. */
export function findImages(root: string = join(cacheDir, "images")): Images | null {
  const images = imagesIn(root, readPackages());
  return isBaked(images) ? images : null;
}

const draftPrefix = "draft-";

function imagesIn(root: string, packages: RolePackages): Images {
  return {
    bare: join(root, `bare-${bareKey(process.arch)}`, "tree"),
    baked: [join(root, `baked-${bakedKey(process.arch, packages)}`, "tree")],
  };
}

function isBaked(images: Images): boolean {
  return [images.bare, ...images.baked].every((folder) => existsSync(folder));
}

async function bakeBare(target: string, mirrors: Mirrors, { step }: Progress): Promise<void> {
  const draft = await draftOf(target);
  const tree = join(draft, "tree");
  const env = environment(mirrors);
  if (!existsSync(keyring)) throw new Error(`${keyring} is missing: install debian-archive-keyring`);
  // An older debootstrap does not know trixie's name, but its steps are those of every Debian since.
  const script = existsSync(`/usr/share/debootstrap/scripts/${suite}`) ? [] : ["/usr/share/debootstrap/scripts/sid"];
  await step("base image: minimal Debian 13 (debootstrap)", (onLine) =>
    run(isolated('exec "$@"', ["debootstrap", "--variant=minbase", `--keyring=${keyring}`, suite, tree, mirrors.debian, ...script]), { env, onLine }));

  await writeAll(tree, { ...droplet, "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n", ...sources(mirrors.debian, mirrors.security) });
  await run(["chmod", "755", join(tree, "usr/sbin/policy-rc.d")]);
  await rm(join(tree, "etc/apt/sources.list"), { force: true });
  await copyFile("/etc/resolv.conf", join(tree, "etc/resolv.conf"));
  await step("base image: packages that a droplet comes with", async (onLine) => {
    await run(inTree(tree, ["apt-get", ...aptOptions, "update"]), { env, onLine });
    await run(inTree(tree, ["apt-get", ...aptOptions, "dist-upgrade"]), { env, onLine });
    await run(inTree(tree, ["apt-get", ...aptOptions, "install", ...barePackages]), { env, onLine });
  });

  await run(inTree(tree, ["systemctl", "--quiet", "mask", ...maskedUnits]), { env });
  await run(inTree(tree, ["systemctl", "--quiet", "enable", ...enabledUnits]), { env });
  await settle(tree, mirrors);
  await rename(draft, dirname(target));
}

async function bakeLayer(bare: string, target: string, packages: RolePackages, mirrors: Mirrors, { step }: Progress): Promise<void> {
  const draft = await draftOf(target);
  const layer = { diff: join(draft, "tree"), work: join(draft, "work"), mount: join(draft, "mount") };
  for (const folder of [...Object.values(layer), join(layer.diff, "usr/sbin"), join(layer.diff, "etc")]) await mkdir(folder, { recursive: true });
  const env = environment(mirrors);
  const inside = (argv: string[]): string[] => inLayer(bare, layer, argv);
  await writeAll(layer.diff, { "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n", ...sources(mirrors.debian, mirrors.security) });
  await run(["chmod", "755", join(layer.diff, "usr/sbin/policy-rc.d")]);
  await copyFile("/etc/resolv.conf", join(layer.diff, "etc/resolv.conf"));
  await step("base image: packages of all roles", async (onLine) => {
    await run(inside(["apt-get", ...aptOptions, "update"]), { env, onLine });
    await run(inside(["apt-get", ...aptOptions, "install", ...allPackages(packages)]), { env, onLine });
  });
  await disableUnitsOf(layer.diff);
  await settle(layer.diff, mirrors);
  for (const folder of [layer.work, layer.mount]) await rm(folder, { recursive: true, force: true });
  await rename(draft, dirname(target));
}

const aptOptions = ["-q", "-y", "--no-install-recommends", "-o", "Acquire::Retries=3"];

function environment({ proxy }: Mirrors): NodeJS.ProcessEnv {
  return proxy === null ? cleanEnvironment : { ...cleanEnvironment, http_proxy: proxy };
}

function sources(debian: string, security: string): Record<string, string> {
  const stanza = (uri: string, suites: string): string =>
    `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`;
  return { "etc/apt/sources.list.d/debian.sources": `${stanza(debian, `${suite} ${suite}-updates`)}\n${stanza(security, `${suite}-security`)}` };
}

/** Takes out what only the bake needed and what must differ between machines. */
async function settle(tree: string, mirrors: Mirrors): Promise<void> {
  // Two machines with one machine-id would get the same MAC on every virtual interface that networkd makes.
  for (const path of ["usr/sbin/policy-rc.d", "etc/resolv.conf", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed", "var/log/bootstrap.log"]) {
    await rm(join(tree, path), { force: true });
  }
  const sshDir = join(tree, "etc/ssh");
  const hostKeys = existsSync(sshDir) ? (await readdir(sshDir)).filter((name) => name.startsWith("ssh_host_")) : [];
  for (const name of hostKeys) await rm(join(sshDir, name));
  const archives = join(tree, "var/cache/apt/archives");
  if (existsSync(archives)) for (const name of await readdir(archives)) if (name.endsWith(".deb")) await rm(join(archives, name));
  await writeAll(tree, { "etc/machine-id": "", ...sources(publicMirror, publicSecurityMirror) });
  await renameLists(join(tree, "var/lib/apt/lists"), mirrors);
  // systemd redoes its caches at boot when these are older than /usr.
  await writeAll(tree, { "etc/.updated": "", "var/.updated": "" });
}

/** apt finds its lists by the mirror's name, which the finished image no longer knows. */
async function renameLists(folder: string, mirrors: Mirrors): Promise<void> {
  if (!existsSync(folder)) return;
  const names = new Map([[listPrefix(mirrors.debian), listPrefix(publicMirror)], [listPrefix(mirrors.security), listPrefix(publicSecurityMirror)]]);
  for (const name of await readdir(folder)) {
    for (const [from, to] of names) {
      if (from !== to && name.startsWith(`${from}dists_`)) await rename(join(folder, name), join(folder, to + name.slice(from.length)));
    }
  }
}

async function draftOf(target: string): Promise<string> {
  const draft = join(dirname(dirname(target)), draftPrefix + process.pid + dirname(target).slice(-6));
  await mkdir(draft);
  return draft;
}

async function writeAll(tree: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(tree, path);
    await mkdir(dirname(file), { recursive: true });
    // In a layer a link could lead out of the tree.
    if (existsSync(file) && !(await stat(file)).isFile()) throw new Error(`${file} is not a plain file`);
    await writeFile(file, text);
  }
}
