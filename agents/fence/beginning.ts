import * as z from "zod";
import type { Entry, Store } from "../etcd/store.ts";
import { parseDocument } from "../follow.ts";
import type { Log } from "../log.ts";
import { patroniKeys } from "./keys.ts";

/** In milliseconds. Patroni writes down every 2 s what it is at: whoever has just begun has said so by then. */
const patienceMs = 15_000;

const memberSchema = z.object({ state: z.string().default("unknown") });

/**
 * Whether nobody makes the new cluster, though somebody was to. Patroni takes that place in etcd once, and leaves it taken if
 * etcd's answer gets lost, or its own machine: from then on all wait for one another. Only where every machine is there and none
 * is at work: a restore may take hours, on a machine that nobody hears of for a while. Pure.
 *
 * @param beginning what is in that place; of a cluster that is, its number
 * @param names all database machines
 */
export function isAbandoned(beginning: Entry | undefined, members: readonly Entry[], names: readonly string[]): boolean {
  const idle = members.filter((entry) => parseDocument(memberSchema, entry.value).state === "stopped").map(({ key }) => key);
  return beginning?.value === "" && names.every((name) => idle.includes(patroniKeys.member(name)));
}

/** Frees the place, so that one of the machines may take it. */
export class Beginning {
  readonly #store: Pick<Store, "transact">;
  readonly #names: readonly string[];
  readonly #log: Log;
  readonly #now: () => number;
  #abandoned: { revision: string; since: number } | null = null;

  /** @param now milliseconds of a clock that never goes back */
  constructor(store: Pick<Store, "transact">, names: readonly string[], log: Log, now = (): number => performance.now()) {
    this.#store = store;
    this.#names = names;
    this.#log = log;
    this.#now = now;
  }

  /** To be called again and again while nobody leads. */
  async look(): Promise<void> {
    const { found: [[beginning] = [], members = []] } = await this.#store.transact([], [{ kind: "get", key: patroniKeys.initialize }, { kind: "list", prefix: patroniKeys.members }]);
    if (beginning === undefined || !isAbandoned(beginning, members, this.#names)) {
      this.#abandoned = null;
      return;
    }
    const { revision } = beginning;
    if (this.#abandoned?.revision !== revision) this.#abandoned = { revision, since: this.#now() };
    if (this.#now() - this.#abandoned.since < patienceMs) return;
    const { done } = await this.#store.transact([{ kind: "unchanged", key: patroniKeys.initialize, revision }], [{ kind: "remove", key: patroniKeys.initialize }]);
    if (done) this.#log("whoever was to begin the database's cluster does not: the next one may");
  }
}
