/** `make clean-cache`: removes what is kept between clones (tools, images, packages). The next `make up` is a first one. */
import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { cacheDir, stateDir } from "../localcloud/paths.ts";
import { UserError, runTarget, step } from "../make/steps.ts";

/** What the project itself puts into its cache. Anything else means that the setting points somewhere precious. */
const ours = new Set(["tools", "tools.json", "go", "pulumi-home", "images", "packages", "node"]);

await runTarget(async () => {
  if (!existsSync(cacheDir)) {
    process.stdout.write(`nothing to remove: ${cacheDir} is not there\n`);
    return;
  }
  // Machines' disks are layers over the cached image.
  if (existsSync(stateDir)) throw new UserError(`the local cloud is up and its machines live on the cache (${stateDir} is there). Run first: make down`);
  if (!readdirSync(cacheDir).some((name) => ours.has(name))) {
    throw new UserError(`QUICKCART_CACHE=${cacheDir} does not look like our cache (none of ${[...ours].join(", ")} in it), so nothing was removed`);
  }
  await step(`remove ${cacheDir}`, () => rm(cacheDir, { recursive: true, force: true }));
});
