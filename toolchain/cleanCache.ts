/** `make clean-cache`: removes what is kept between clones (tools, images, packages). The next `make up` is a first one. */
import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { readMounts } from "../localcloud/machines/mounts.ts";
import { cacheDir, stateDir } from "../localcloud/paths.ts";
import { UserError, runTarget, step } from "../make/steps.ts";

/** What the project itself puts into its cache, drafts included. Anything else means that the setting points somewhere precious. */
const ours = ["tools", "tools.json", "go", "pulumi-home", "images", "packages", "node", "test-sshd"];
const isOurs = (name: string): boolean => ours.includes(name) || /^tools\.json\.\d+$/.test(name);

await runTarget(async () => {
  if (!existsSync(cacheDir)) {
    process.stdout.write(`nothing to remove: ${cacheDir} is not there\n`);
    return;
  }
  // Machines' disks are layers over the cached image.
  if (existsSync(stateDir)) throw new UserError(`the local cloud is up and its machines live on the cache (${stateDir} is there). Run first: make down`);
  const user = (await readMounts()).find(({ type, options }) => type === "overlay" && options.join(",").includes(`${cacheDir}/`));
  if (user !== undefined) throw new UserError(`a machine of another local cloud lives on the cache (${user.point}). Take that one down first: QUICKCART_LOCAL=NAME make down`);
  // All of it, not some: a home may well have a folder `go`.
  const foreign = readdirSync(cacheDir).filter((name) => !isOurs(name));
  if (foreign.length > 0) {
    throw new UserError(`QUICKCART_CACHE=${cacheDir} does not look like our cache (it holds ${foreign.slice(0, 5).join(", ")}), so nothing was removed`);
  }
  await step(`remove ${cacheDir}`, () => rm(cacheDir, { recursive: true, force: true }));
});
