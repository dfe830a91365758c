import * as z from "zod";
import { parseDocument } from "../follow.ts";
import type { Entry, Operation, Outcome, Store } from "../etcd/store.ts";
import { fenceKeys, lockSchema, type Off, offSchema, type Past, pastSchema, patroniKeys } from "./keys.ts";

/** What the cluster agrees on at one moment, read with the quorum. */
export interface View {
  revision: string;
  /** Whom Patroni's leader key names, and by which writing of it. */
  leader: { name: string; revision: string } | null;
  /** Somebody told Patroni to keep its hands off. */
  paused: boolean;
  members: Member[];
  /** Who may take over without a loss; null where Patroni does not ask for that. */
  sync: { leader: string; standbys: string[] } | null;
  /** Who is fencing which machine. */
  fencing: { by: string; machine: string } | null;
  past: Past[];
  off: Off[];
  /** Observers, by the machine that they do not see. */
  blind: ReadonlyMap<string, readonly string[]>;
}

export interface Member {
  name: string;
  /** Its PostgreSQL serves, and Patroni may make it the primary. */
  fit: boolean;
  /** It takes writes. */
  primary: boolean;
}

const configSchema = z.object({ pause: z.boolean().default(false) });
const memberSchema = z.object({
  state: z.string().default("unknown"),
  role: z.string().default("unknown"),
  tags: z.object({ nofailover: z.boolean().default(false) }).default({ nofailover: false }),
});
const syncSchema = z.object({ leader: z.string().nullish(), sync_standby: z.string().nullish() });

const asked = [
  { kind: "get", key: patroniKeys.leader },
  { kind: "get", key: patroniKeys.config },
  { kind: "get", key: patroniKeys.sync },
  { kind: "list", prefix: patroniKeys.members },
  { kind: "list", prefix: fenceKeys.acts },
  { kind: "list", prefix: fenceKeys.blind },
] as const satisfies Operation[];

export async function readView(store: Store): Promise<View> {
  return viewOf(await store.transact([], asked));
}

export function viewOf({ revision, found }: Pick<Outcome, "revision" | "found">): View {
  const [leaders = [], configs = [], syncs = [], members = [], acts = [], blinds = []] = found;
  const [leader] = leaders;
  const [config] = configs;
  const [sync] = syncs;
  const lock = acts.find(({ key }) => key === fenceKeys.lock);
  const below = <T>(prefix: string, schema: z.ZodType<T>): T[] =>
    acts.filter(({ key }) => key.startsWith(prefix)).map((entry) => parsed(schema, entry));
  return {
    revision,
    leader: leader === undefined ? null : { name: leader.value, revision: leader.revision },
    paused: config === undefined ? false : parsed(configSchema, config).pause,
    members: members.map(memberOf),
    sync: sync === undefined ? null : syncOf(parsed(syncSchema, sync)),
    fencing: lock === undefined ? null : parsed(lockSchema, lock),
    past: below(fenceKeys.past, pastSchema),
    off: below(fenceKeys.off, offSchema),
    blind: blindOf(blinds),
  };
}

function parsed<T>(schema: z.ZodType<T>, { key, value }: Entry): T {
  try {
    return parseDocument(schema, value);
  } catch (error) {
    throw new Error(`etcd's ${key} is not what Patroni and the fence write: ${String(error)}`, { cause: error });
  }
}

function memberOf(entry: Entry): Member {
  const { state, role, tags } = parsed(memberSchema, entry);
  const runs = state === "running";
  return { name: entry.key.slice(patroniKeys.members.length), fit: runs && !tags.nofailover, primary: runs && role === "primary" };
}

function syncOf({ leader, sync_standby: standbys }: z.infer<typeof syncSchema>): View["sync"] {
  if (!leader) return null;
  return { leader, standbys: (standbys ?? "").split(",").map((name) => name.trim()).filter((name) => name !== "") };
}

function blindOf(entries: readonly Entry[]): Map<string, string[]> {
  const blind = new Map<string, string[]>();
  for (const { key } of entries) {
    const [machine = "", observer = ""] = key.slice(fenceKeys.blind.length).split("/");
    blind.set(machine, [...blind.get(machine) ?? [], observer]);
  }
  return blind;
}
