import { homedir } from "node:os";
import { join } from "node:path";

/** What is worth keeping between clones: tools, images, packages. `make down` leaves it, `make clean-cache` removes it. */
export const cacheDir = process.env["QUICKCART_CACHE"] ?? join(homedir(), ".cache", "quickcart");

/** Node.js keeps compiled programs here: without it, most of a short command's time goes into reading TypeScript. */
export const compileCacheDir = join(cacheDir, "node");
