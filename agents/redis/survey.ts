import type { Topology } from "../documents.ts";
import { parseClusterNodes } from "./clusterNodes.ts";
import { type Ask, askText } from "./nodes.ts";
import type { Sight, View, WantedMachine } from "./view.ts";

/** The machines of the tier, by number. */
export function redisMachines({ machines }: Topology): { name: string; address: string }[] {
  const number = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);
  return machines.filter(({ tier }) => tier === "redis")
    .map(({ name, privateAddress }) => ({ name, address: privateAddress }))
    .toSorted((a, b) => number(a.name) - number(b.name));
}

export async function look(ask: Ask, address: string): Promise<Sight> {
  const [id, nodes, memory, replication, keys] = await Promise.all([
    askText(ask, address, "CLUSTER", "MYID"), askText(ask, address, "CLUSTER", "NODES"),
    askText(ask, address, "INFO", "memory"), askText(ask, address, "INFO", "replication"), ask(address, "DBSIZE"),
  ]);
  const figures = infoOf(memory);
  const { role, master_link_status: link } = infoOf(replication);
  return {
    id, nodes: parseClusterNodes(nodes), keys: Number(keys),
    usedMemory: Number(figures["used_memory"]), maxMemory: Number(figures["maxmemory"]),
    inStep: role === "master" || link === "up",
  };
}

/** `INFO`'s lines, by their names. */
export function infoOf(text: string): Record<string, string> {
  return Object.fromEntries(text.split(/\r?\n/).filter((line) => line.includes(":")).map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at), line.slice(at + 1)];
  }));
}

/** Asks every machine of the document, and every other one that the cluster still has. Answers null when the own one is silent. */
export async function survey(ask: Ask, self: string, machines: readonly { name: string; address: string }[]): Promise<View | null> {
  const orNull = async (address: string): Promise<Sight | null> => await look(ask, address).catch(() => null);
  const wanted: WantedMachine[] = await Promise.all(machines.map(async (machine) => ({ ...machine, sight: await orNull(machine.address) })));
  const own = wanted.find(({ name }) => name === self)?.sight ?? null;
  if (own === null) return null;
  const addresses = new Set(machines.map(({ address }) => address));
  const others = own.nodes.filter(({ address, joining, health }) => address !== "" && !joining && health !== "failed" && !addresses.has(address));
  const leaving = await Promise.all(others.map(async ({ id, address }) => [id, await orNull(address)] as const));
  return { wanted, own, leaving: new Map(leaving) };
}
