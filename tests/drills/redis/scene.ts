import * as z from "zod";
import { waitFor } from "../../../make/wait.ts";
import { tell } from "../../../localcloud/client.ts";
import { address, droplets, on, onOk } from "../cloud.ts";
import type { DrillContext } from "../drill.ts";

/** What the drills of the Redis Cluster have in common. */

const statusSchema = z.array(z.object({
  machine: z.string(), role: z.enum(["master", "replica"]), health: z.string(), slots: z.number(), id: z.string(), masterId: z.string().nullable(),
}));
export type RedisNode = z.infer<typeof statusSchema>[number];

export async function redisMachines(): Promise<string[]> {
  const number = (name: string): number => Number(name.slice("redis-".length));
  return (await droplets()).map(({ name }) => name).filter((name) => /^redis-\d+$/.test(name)).sort((a, b) => number(a) - number(b));
}

/** As the first machine that answers sees it. */
export async function clusterStatus(): Promise<RedisNode[]> {
  const { machines } = await tell("status", {});
  const running = machines.filter(({ name, running: isOn }) => isOn && /^redis-\d+$/.test(name));
  for (const { name } of running) {
    const { code, output } = await on(name, ["quickcart-redis", "status"], 10_000);
    const line = output.split("\n").find((one) => one.startsWith("["));
    if (code === 0 && line !== undefined) return statusSchema.parse(JSON.parse(line));
  }
  throw new Error("no Redis machine answers");
}

/** Waits until the cluster is whole: every machine in it, every replica in step, slots as they should be. */
export async function whole(machines?: number, limitMs = 90_000): Promise<void> {
  const names = await redisMachines();
  await waitFor(async () => {
    const { code, output } = await on(names[0] ?? "redis-1", ["timeout", "20", "quickcart-redis", "ready", String(machines ?? names.length)], 30_000);
    if (code !== 0) throw new Error(output.trim().split("\n").at(-1));
    return true;
  }, { what: "the cluster to be whole", limitMs, everyMs: 500 });
}

export interface Pair {
  readonly master: string;
  readonly masterAddress: string;
  readonly replica: string;
}

/** Every master with slots, and its replica. */
export async function pairs(): Promise<Pair[]> {
  const [nodes, all] = await Promise.all([clusterStatus(), droplets()]);
  const addressOf = (name: string): string => {
    const found = all.find((droplet) => droplet.name === name);
    const own = found && address(found, "private");
    if (own === undefined) throw new Error(`${name} has no private address`);
    return own;
  };
  return nodes.filter(({ slots }) => slots > 0).map(({ id, machine }) => {
    const replica = nodes.find(({ masterId }) => masterId === id);
    if (replica === undefined) throw new Error(`${machine} has no replica`);
    return { master: machine, masterAddress: addressOf(machine), replica: replica.machine };
  });
}

async function powerOn(): Promise<void> {
  const { machines } = await tell("status", {});
  for (const { name, running } of machines) if (!running && /^redis-\d+$/.test(name)) await tell("power", { machine: name, change: "on" });
}

/** A master that is not the first machine, which looks after the cluster; and the cluster is whole, before and after. */
export async function scene({ restore }: DrillContext): Promise<Pair> {
  await whole();
  restore("the cluster", async () => {
    await powerOn();
    await whole();
  });
  const all = await pairs();
  const chosen = all.find(({ master }) => master !== "redis-1") ?? all[0];
  if (chosen === undefined) throw new Error("the cluster has no masters");
  return chosen;
}

/** Says a command to the Redis of that machine, as its administrator. */
export async function redisCli(machine: string, ...words: string[]): Promise<string> {
  return (await onOk(machine, ["quickcart-redis-cli", ...words], 60_000)).trim();
}
