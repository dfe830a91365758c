import { keys } from "../agents/documents.ts";
import { healthCheck, slotPort, slots } from "../agents/slots.ts";
import { cloudConfig, compressed } from "./rendering/cloudConfig.ts";
import { filesOf } from "./rendering/files.ts";
import { parseRole, type Role } from "./rendering/role.ts";
import { render } from "./rendering/templates.ts";

export type { AppRole, BastionRole, Common, LbRole, Role } from "./rendering/role.ts";

/** Linode's limit in bytes; DigitalOcean would take 64 KiB, but one program serves both. */
export const userDataLimit = 16_384;

/**
 * The cloud-config, compressed if it must be, that turns a bare Debian 13 into a machine of this role. Pure: the same role
 * gives the same bytes. Throws an error naming each field that is not as it should be, and when the result is over `userDataLimit`.
 */
export function renderUserData(role: Role): string {
  const config = cloudConfig(filesOf(parseRole(role)));
  // What fits stays readable.
  const text = Buffer.byteLength(config) <= userDataLimit ? config : compressed(config);
  const excess = Buffer.byteLength(text) - userDataLimit;
  if (excess > 0) {
    throw new Error(`user-data of ${role.name} is ${excess} bytes over the limit of ${userDataLimit}: shorten the templates of its tier (${role.tier}), or move text into an agent`);
  }
  return text;
}

/** What an app server is to serve. */
export interface AwaitedRelease {
  /** Its hash. */
  readonly bundle: string;
  /** Of the blue slot. */
  readonly port: number;
  /** Whether no other server serves it yet. */
  readonly canary: boolean;
}

/**
 * A shell command that ends once the machine serves, to be run on it as root. When it does not come to that, it prints
 * the end of the machine's log and fails.
 *
 * @param release of app servers: what they are to serve
 */
export function readyCheck(tier: Role["tier"], release?: AwaitedRelease): string {
  return render(`${tier}/ready.sh`, { document: keys.topology, ...release && awaited(release) });
}

function awaited({ bundle, port, canary }: AwaitedRelease) {
  return { bundle, canary, health: healthCheck.path, slots: slots.map((slot) => ({ slot, port: slotPort(port, slot) })) };
}
