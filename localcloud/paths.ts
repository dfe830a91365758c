import { z } from "zod";

const defaultMachinePrefix = "qc-";

/**
 * The cloud's name, from which everything it puts on the host is named. Tests raise a cloud of their own beside a
 * running one by another name. Nine letters at most: interface names end at fifteen.
 */
export const instance = readInstance();

/** Everything the local cloud remembers; `localcloud down` removes it. */
export const stateDir = `/var/lib/${instance}-local`;

/** Of any local cloud, whatever its name. */
export function isStateDir(path: string): boolean {
  return /^\/var\/lib\/[a-z][a-z0-9]{0,8}-local$/.test(path);
}

/** Sockets, pids and mount points; gone at the latest with the next boot of the host. */
export const runDir = `/run/${instance}-local`;

export { cacheDir } from "./cacheDir.ts";

/** The network namespace that holds the cloud's bridges, services and every command that talks to it. */
export const cloudNamespace = instance;

/** Machines' network namespaces are named by this and the machine's id. */
export const machineNamespacePrefix = instance === "quickcart" ? defaultMachinePrefix : `${instance}-`;

/** The control group that holds every process of the local cloud, below each hierarchy's root. */
export const cgroupName = `${instance}-local`;

/** This module is imported before any program could catch an error, and without a name none can do anything: one line, no stack. */
function readInstance(): string {
  const given = process.env["QUICKCART_LOCAL"] ?? "quickcart";
  if (`${given}-` === defaultMachinePrefix) {
    process.stderr.write(`error: QUICKCART_LOCAL=${given}: the machines of the cloud without a name have this one; choose another\n`);
    return process.exit(2);
  }
  const { success, data } = z.string().regex(/^[a-z][a-z0-9]{0,8}$/).safeParse(given);
  if (success) return data;
  process.stderr.write(`error: QUICKCART_LOCAL=${JSON.stringify(given)}: a local cloud's name has 1-9 characters, a-z and 0-9, a letter first\n`);
  return process.exit(2);
}
