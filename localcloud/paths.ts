import { z } from "zod";

/**
 * The cloud's name, from which everything it puts on the host is named. Tests raise a cloud of their own beside a
 * running one by another name. Nine letters at most: interface names end at fifteen.
 */
export const instance = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,8}$/, {
    error: (issue) => `QUICKCART_LOCAL=${JSON.stringify(issue.input)}: a local cloud's name has 1-9 characters, a-z and 0-9, a letter first`,
  })
  .parse(process.env["QUICKCART_LOCAL"] ?? "quickcart");

/** Everything the local cloud remembers; `localcloud down` removes it. */
export const stateDir = `/var/lib/${instance}-local`;

/** Sockets, pids and mount points; gone at the latest with the next boot of the host. */
export const runDir = `/run/${instance}-local`;

export { cacheDir } from "./cacheDir.ts";

/** The network namespace that holds the cloud's bridges, services and every command that talks to it. */
export const cloudNamespace = instance;

/** Machines' network namespaces are named by this and the machine's id. */
export const machineNamespacePrefix = instance === "quickcart" ? "qc-" : `${instance}-`;

/** The control group that holds every process of the local cloud, below each hierarchy's root. */
export const cgroupName = `${instance}-local`;
