/**
 * Slots, with what is in them, from one master to another while both serve. redis-cli does the same slot by slot; here they go in
 * batches, whose commands are on their way together: an even share of an empty cluster takes a second instead of a minute.
 * https://redis.io/docs/latest/commands/cluster-setslot/
 */
import * as z from "zod";
import { type Ask, redisPort } from "./nodes.ts";

export interface SlotMove {
  readonly slots: readonly number[];
  readonly from: { readonly id: string; readonly address: string };
  readonly to: { readonly id: string; readonly address: string };
  /** Every other master: told at once, they need not learn it by and by. */
  readonly others: readonly string[];
}

export interface Mover {
  readonly ask: Ask;
  /** As whom the source speaks to the target. */
  readonly user: string;
  readonly password: string;
}

const slotsAtOnce = 64;
/** A source stands still while it sends them. */
const keysAtOnce = 50;
/** For one of these, in milliseconds: a single key may be large. */
const sendLimitMs = 60_000;

const keysSchema = z.array(z.string());

/** Whatever is left half done when it fails shows as open slots, which are closed before anything else is decided. */
export async function moveSlots(move: SlotMove, mover: Mover): Promise<void> {
  for (let at = 0; at < move.slots.length; at += slotsAtOnce) await moveBatch({ ...move, slots: move.slots.slice(at, at + slotsAtOnce) }, mover);
}

async function moveBatch({ slots, from, to, others }: SlotMove, { ask, user, password }: Mover): Promise<void> {
  const onAll = async (address: string, ...words: string[]): Promise<void> => {
    await Promise.all(slots.map(async (slot) => ask(address, "CLUSTER", "SETSLOT", String(slot), ...words)));
  };
  // The target first: a source that sends clients on must find it ready.
  await onAll(to.address, "IMPORTING", from.id);
  await onAll(from.address, "MIGRATING", to.id);
  const keysIn = async (slot: number): Promise<string[]> =>
    keysSchema.parse(await ask(from.address, "CLUSTER", "GETKEYSINSLOT", String(slot), String(keysAtOnce)));
  let filled = await Promise.all(slots.map(async (slot) => ({ slot, keys: await keysIn(slot) })));
  for (;;) {
    filled = filled.filter(({ keys }) => keys.length > 0);
    if (filled.length === 0) break;
    // One after the other: in between, the source answers its clients.
    for (const { keys } of filled) {
      await ask(from.address, "MIGRATE", to.address, String(redisPort), "", "0", String(sendLimitMs), "REPLACE", "AUTH2", user, password, "KEYS", ...keys);
    }
    filled = await Promise.all(filled.map(async ({ slot }) => ({ slot, keys: await keysIn(slot) })));
  }
  await onAll(to.address, "NODE", to.id);
  await onAll(from.address, "NODE", to.id);
  // Not needed, and one that does not answer now learns it later.
  await Promise.all(others.map(async (address) => onAll(address, "NODE", to.id).catch(() => undefined)));
}
