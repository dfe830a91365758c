import type { OwnStatus } from "../../agents/redis/ownStatus.ts";
import { inOrder, type Said } from "./answer.ts";
import { sizeWords, table } from "./words.ts";

export interface RedisReport {
  id: number;
  name: string;
  unknown: string | null;
  role: "master" | "replica" | null;
  /** Of a replica: the machine it follows, or the address when no machine has that. */
  master: string | null;
  slots: number | null;
  /** Of a replica, to its master; of a master whether anybody follows it. */
  link: "up" | "down" | null;
  usedMemory: number | null;
  maxMemory: number | null;
}

/** Pure: puts side by side what each of them said. */
export function assembleRedis(said: Said<OwnStatus>[]): RedisReport[] {
  const nameOf = (address: string): string => said.find(({ machine }) => machine.private === address)?.machine.name ?? address;
  return inOrder(said).map(({ machine: { id, name }, answer }) => {
    if (!answer.ok) return { id, name, unknown: answer.why, role: null, master: null, slots: null, link: null, usedMemory: null, maxMemory: null };
    const { role, master, slots, link, usedMemory, maxMemory } = answer.value;
    return { id, name, unknown: null, role, master: master === null ? null : nameOf(master), slots, link, usedMemory, maxMemory };
  });
}

/** For people; nothing where there is no Redis yet. */
export function renderRedis(nodes: readonly RedisReport[]): string[] {
  if (nodes.length === 0) return [];
  return table(["redis", "role", "slots", "link", "memory"], nodes.map(({ name, role, master, slots, link, usedMemory, maxMemory }) => [
    name,
    role === null ? "?" : role === "master" ? "master" : `replica of ${master ?? "nobody"}`,
    slots === null ? "?" : slots === 0 ? "-" : String(slots),
    link === null ? "?" : role === "master" && link === "down" ? "NO REPLICA" : link === "down" ? "DOWN" : link,
    usedMemory === null || maxMemory === null ? "?" : `${sizeWords(usedMemory)} of ${sizeWords(maxMemory)}, ${Math.round(usedMemory / Math.max(maxMemory, 1) * 100)} %`,
  ]));
}
