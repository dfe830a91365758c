import { homedir } from "node:os";
import { join } from "node:path";

/** Everything the local cloud remembers; `localcloud down` removes it. */
export const stateDir = "/var/lib/quickcart-local";

/** Sockets, pids and mount points; gone at the latest with the next boot of the host. */
export const runDir = "/run/quickcart-local";

/** What is worth keeping between clones: tools, images, packages. `make down` leaves it, `make clean-cache` removes it. */
export const cacheDir = process.env["QUICKCART_CACHE"] ?? join(homedir(), ".cache", "quickcart");

/** The network namespace that holds the cloud's bridges, services and every command that talks to it. */
export const cloudNamespace = "quickcart";

/** The control group that holds every process of the local cloud, below each hierarchy's root. */
export const cgroupName = "quickcart-local";
