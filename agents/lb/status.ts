import * as z from "zod";
import { message } from "../errors.ts";
import { readIfThere, writeAtomically } from "../files.ts";
import { type Log, transitions } from "../log.ts";
import { type VrrpState, vrrpStates } from "./decide.ts";
import type { Ask } from "./haproxy.ts";
import { isLeaving } from "./selfState.ts";
import { parseServersState, type ServerState } from "./serverState.ts";
import { backend } from "./servers.ts";

/** What the agent knows, in a file for `quickcart-lb status`. */
const knownSchema = z.object({
  vrrp: z.enum(vrrpStates).nullable(),
  /** As the cloud's API names machines; null when nobody holds the address, or the cloud has not said. */
  holder: z.string().nullable(),
});

export type Known = z.infer<typeof knownSchema>;

/** What `quickcart-lb status` prints. */
export interface Status {
  vrrp: VrrpState | null;
  holder: string | null;
  /** Null while HAProxy does not answer. */
  leaving: boolean | null;
  servers: { name: string; state: string }[];
}

export class Notes {
  private readonly path: string;
  private readonly sayFailed: Log;
  /** One write at a time: what was known last must be what stays. */
  private turn: Promise<void> = Promise.resolve();
  private written = "";

  constructor(path: string, log: Log) {
    this.path = path;
    this.sayFailed = transitions(log);
  }

  /** Never rejects, and nobody has to wait: the site does not depend on it. */
  write(known: Known): Promise<void> {
    const content = `${JSON.stringify(known)}\n`;
    if (content === this.written) return this.turn;
    this.written = content;
    this.turn = this.turn.then(() => writeAtomically(this.path, content))
      .catch((error: unknown) => this.sayFailed(`${this.path} cannot be written: ${message(error)}`));
    return this.turn;
  }
}

export async function readStatus(path: string, ask: Ask): Promise<Status> {
  const text = await readIfThere(path);
  const known = knownSchema.parse(text === null ? { vrrp: null, holder: null } : JSON.parse(text));
  const state = await ask("show servers state").catch(() => null);
  return {
    ...known,
    leaving: state === null ? null : isLeaving(state),
    servers: state === null ? [] : parseServersState(state)
      .filter((server) => server.backend === backend)
      .map((server) => ({ name: server.name, state: stateWord(server) }))
      .toSorted((a, b) => a.name.localeCompare(b.name)),
  };
}

/** `up`, `down`, `stopping` or `starting` by its health; `drain` or `maint` when it was told so. */
const stateWord = ({ admin, health }: ServerState): string => admin === "ready" ? health : admin;
