import { inOrder, type Said } from "./answer.ts";
import type { DatabaseFacts } from "./askDatabase.ts";
import { ageWords, sizeWords, table } from "./words.ts";

export interface DatabaseReport {
  machines: {
    id: number;
    name: string;
    unknown: string | null;
    role: string | null;
    state: string | null;
    timeline: number | null;
    /** Bytes; null: not known, or the primary's. */
    lag: number | null;
    etcd: { leads: boolean; healthy: boolean } | null;
    /** When its power was cut last, as far as that is remembered, and by whom. */
    fenced: { at: string; by: string } | null;
    /** Its power was cut, and it has not been given back. */
    off: boolean;
  }[];
  /** null: nobody answers. */
  paused: boolean | null;
  /** Whether any machine may cut another's power; null: nobody answers. */
  mayFence: boolean | null;
  /** Whether what was fenced could be read. */
  fencesKnown: boolean;
  lastBackup: string | null;
  lastWal: string | null;
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** Pure: puts side by side what each of them said. */
export function assembleDatabase(said: Said<DatabaseFacts>[]): DatabaseReport {
  const facts = inOrder(said).flatMap(({ answer }) => answer.ok ? [answer.value] : []);
  // The primary's own word first: another's may be of before it took over.
  const ranked = facts.toSorted((one, other) => Number(isPrimary(other)) - Number(isPrimary(one)));
  const lags = ranked.find((one) => one.lags !== null)?.lags ?? null;
  const fence = facts.find((one) => one.fence !== null)?.fence ?? null;
  const newest = (times: (number | null)[]): string | null => {
    const known = times.filter((time) => time !== null);
    return known.length === 0 ? null : isoOf(Math.max(...known));
  };
  return {
    machines: inOrder(said).map(({ machine: { id, name }, answer }) => {
      const own = answer.ok ? answer.value : null;
      const last = fence?.past.filter(({ machine }) => machine === name).toSorted((one, other) => other.at - one.at)[0];
      return {
        id, name, unknown: answer.ok ? null : answer.why,
        role: own?.patroni?.role ?? null, state: own?.patroni?.state ?? null, timeline: own?.patroni?.timeline ?? null,
        lag: lags?.[name] ?? null, etcd: own?.etcd ?? null,
        fenced: last === undefined ? null : { at: isoOf(last.at), by: last.by },
        off: fence?.off.some(({ machine }) => machine === name) ?? false,
      };
    }),
    paused: facts.some(({ patroni }) => patroni !== null) ? facts.some(({ patroni }) => patroni?.paused === true) : null,
    mayFence: facts.length === 0 ? null : facts.some(({ mayFence }) => mayFence),
    fencesKnown: fence !== null,
    lastBackup: newest(facts.map(({ lastBackup }) => lastBackup)),
    // A replica that was primary once knows of its own time only.
    lastWal: newest(facts.map(({ lastWal }) => lastWal)),
  };
}

const isPrimary = ({ patroni }: DatabaseFacts): boolean => patroni?.role === "primary";

/** For people; nothing where there is no database yet. */
export function renderDatabase(report: DatabaseReport, now: number): string[] {
  const { machines, fencesKnown } = report;
  if (machines.length === 0) return [];
  const ago = (at: string | null): string => at === null ? "not known" : `${ageWords(now - Date.parse(at))} ago`;
  return [
    ...table(["database", "role", "state", "timeline", "lag", "etcd", "last fence"], machines.map(({ name, role, state, timeline, lag, etcd, fenced, off }) => [
      name, role ?? "?", state ?? "?", String(timeline ?? "?"),
      lag === null ? (role === "primary" ? "-" : "?") : sizeWords(lag),
      etcd === null ? "?" : `${etcd.leads ? "leads" : "follows"}${etcd.healthy ? "" : ", NOT HEALTHY"}`,
      [fenced === null ? "" : `${ago(fenced.at)}, by ${fenced.by}`, off ? "its power is OWED" : ""].filter(Boolean).join("; ") || (fencesKnown ? "-" : "?"),
    ])),
    ...report.paused === true ? ["Patroni is PAUSED: nobody takes over by itself"] : [],
    ...report.mayFence === false ? ["Fencing is off: no machine has a token of the cloud's API"] : [],
    `Newest full backup: ${ago(report.lastBackup)}; newest archived WAL: ${ago(report.lastWal)}`,
  ];
}

/** Of one machine, where its row cannot say it. */
export function databaseRemark({ machines }: DatabaseReport, id: number): string | null {
  const own = machines.find((one) => one.id === id);
  if (own === undefined) return null;
  return own.unknown ?? [own.role === null ? "Patroni does not answer" : "", own.etcd === null ? "etcd does not answer" : ""].filter(Boolean).join(", ");
}
