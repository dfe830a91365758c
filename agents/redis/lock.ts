import { holds, parseClusterNodes } from "./clusterNodes.ts";
import { message } from "../errors.ts";
import { type Ask, askText } from "./nodes.ts";

/** In the cluster itself, so that whoever cannot reach a majority cannot hold it. */
export const lockKey = "{quickcart}:cluster-coordinator";
const holdMs = 30_000;

/** Two machines that both think they are the first must not move slots at once. Answers who holds it. */
export async function takeLock(ask: Ask, ownAddress: string, self: string): Promise<string> {
  const address = await ownerOf(ask, ownAddress);
  const say = async (...words: string[]): Promise<unknown> => await whereItIs(ask, address, words);
  const taken = await say("SET", lockKey, self, "NX", "PX", String(holdMs));
  if (taken === "OK") return self;
  const holder = String(await say("GET", lockKey));
  if (holder === self) await say("PEXPIRE", lockKey, String(holdMs));
  return holder;
}

/** The lock's own slot may be on its way, and who was moving it dead: without the lock nobody could close it. */
async function whereItIs(ask: Ask, address: string, words: readonly string[]): Promise<unknown> {
  try {
    return await ask(address, ...words);
  } catch (error) {
    const target = /\bASK \d+ ([\d.]+):\d+/.exec(message(error))?.[1];
    if (target === undefined) throw error;
    // Said at once, so that nothing comes between the two on that connection.
    const [, answer] = await Promise.all([ask(target, "ASKING"), ask(target, ...words)]);
    return answer;
  }
}

/** Keeps it for as long as `work` takes. */
export async function holdingLock<T>(ask: Ask, ownAddress: string, self: string, work: () => Promise<T>): Promise<T> {
  // A renewal that fails is the next round's business: it will find who holds the lock.
  const renewal = setInterval(() => void takeLock(ask, ownAddress, self).catch(() => undefined), holdMs / 3);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
  }
}

async function ownerOf(ask: Ask, ownAddress: string): Promise<string> {
  const slot = Number(await ask(ownAddress, "CLUSTER", "KEYSLOT", lockKey));
  const nodes = parseClusterNodes(await askText(ask, ownAddress, "CLUSTER", "NODES"));
  const owner = nodes.find((node) => holds(node, slot));
  if (owner === undefined) throw new Error(`nobody holds slot ${slot}, where the lock of who changes the cluster is kept`);
  return owner.address;
}
