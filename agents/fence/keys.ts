import * as z from "zod";

/** Where Patroni keeps what it agrees on, by its settings `namespace` and `scope`. */
const scope = "/service/quickcart";

export const patroniKeys = {
  leader: `${scope}/leader`,
  initialize: `${scope}/initialize`,
  config: `${scope}/config`,
  sync: `${scope}/sync`,
  members: `${scope}/members/`,
  member: (name: string): string => `${scope}/members/${name}`,
} as const;

const prefix = "/quickcart/fence";

/** What the fence agents of a cluster keep between them. */
export const fenceKeys = {
  /** Short-lived, by each machine that does not see another. */
  blind: `${prefix}/blind/`,
  blindTo: (machine: string, observer: string): string => `${prefix}/blind/${machine}/${observer}`,
  /** Everything that a fence begins with: whoever wants to fence must have read all of it. */
  acts: `${prefix}/acts/`,
  lock: `${prefix}/acts/lock`,
  past: `${prefix}/acts/past/`,
  pastOf: (machine: string, at: number): string => `${prefix}/acts/past/${String(at)}-${machine}`,
  /** Machines whose power was to be cut and that have not been given it back. */
  off: `${prefix}/acts/off/`,
  offOf: (machine: string): string => `${prefix}/acts/off/${machine}`,
} as const;

export const lockSchema = z.object({ by: z.string(), machine: z.string() });

export const pastSchema = z.object({
  machine: z.string(),
  by: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
});
export type Past = z.infer<typeof pastSchema>;

export const offSchema = z.object({
  machine: z.string(),
  /** As the cloud's API names it. */
  id: z.string(),
  by: z.string(),
  at: z.number(),
  /** What was asked of the cloud last. */
  wanted: z.enum(["off", "on"]),
  /** What the cloud accepted of that, to ask for its progress by; null while it has not. */
  change: z.string().nullable(),
});
export type Off = z.infer<typeof offSchema>;
