import { keys } from "../agents/documents.ts";
import { healthCheck, slotPort, slots } from "../agents/slots.ts";
import { ports } from "./ports.ts";
import { cloudConfig, compressed } from "./rendering/cloudConfig.ts";
import { filesOf } from "./rendering/files.ts";
import { parseRole, type Role } from "./rendering/role.ts";
import { revisionPath, writingScript } from "./rendering/revision.ts";
import { type Setup, setupOf } from "./rendering/setup.ts";
import { render } from "./rendering/templates.ts";

export type { Setup } from "./rendering/setup.ts";
export type { AppRole, BastionRole, Common, DbRole, LbRole, MonitorRole, RedisRole, Role } from "./rendering/role.ts";

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

/** What the machine fetches beside its user-data; null where there is nothing. Pure. */
export function renderSetup(role: Role): Setup | null {
  return setupOf(parseRole(role));
}

/** What a machine that is changed in place gets: the files of its user-data, by a script that writes them. */
export interface Handover {
  /** By which it knows whether it has them already. */
  readonly revision: string;
  /** Secret. */
  readonly script: string;
}

export function renderHandover(role: Role): Handover {
  const files = filesOf(parseRole(role));
  const revision = files.find(({ path }) => path === revisionPath)?.content.trim();
  if (revision === undefined) throw new Error(`${role.name} has no ${revisionPath}`);
  return { revision, script: writingScript(files) };
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

export interface Awaited {
  /** Of app servers. */
  readonly release?: AwaitedRelease | undefined;
  /** Of a tier that forms a cluster: how many it is to have. */
  readonly machines?: number | undefined;
}

/**
 * A shell command that ends once the machine serves, to be run on it as root. When it does not come to that, it prints
 * the end of the machine's log and fails.
 */
export function readyCheck(tier: Role["tier"], { release, machines }: Awaited = {}): string {
  return render(`${tier}/ready.sh`, { document: keys.topology, ports, machines, ...release && releaseOf(release) });
}

function releaseOf({ bundle, port, canary }: AwaitedRelease) {
  return { bundle, canary, health: healthCheck.path, slots: slots.map((slot) => ({ slot, port: slotPort(port, slot) })) };
}
