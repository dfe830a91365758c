import type { Run } from "../commands.ts";
import { type ClusterNode, slotsOf } from "./clusterNodes.ts";
import type { Decision } from "./decide.ts";
import { becomes } from "./handover.ts";
import { moveSlots, type Mover, type SlotMove } from "./moveSlots.ts";
import { type Ask, askText, redisPort } from "./nodes.ts";
import { reconcile } from "./reconcile.ts";
import type { Move } from "./slots.ts";
import type { View } from "./view.ts";

export interface Hands {
  readonly ask: Ask;
  /** Moves slots: patient, for a large key takes its time. */
  readonly mover: Mover;
  /** redis-cli, which closes slots that were left open: years of other people's failures are in it. */
  readonly redisCli: Run;
  /** Of the machine that acts. */
  readonly ownAddress: string;
}

const busPort = redisPort + 10_000;

/** Does what was decided; answers what it did, for the journal. */
export async function carryOut(decision: Decision, view: View, hands: Hands): Promise<string> {
  const { ask, ownAddress } = hands;
  const addressOf = (machine: string): string => {
    const found = view.wanted.find(({ name }) => name === machine);
    if (found === undefined) throw new Error(`${machine} is not in the topology document`);
    return found.address;
  };
  const addressOfNode = (id: string): string => {
    const found = view.own.nodes.find((node) => node.id === id);
    if (found === undefined) throw new Error(`the cluster has no node ${id}`);
    return found.address;
  };
  const nameOf = (id: string): string =>
    view.wanted.find(({ sight }) => sight?.id === id)?.name ?? view.own.nodes.find((node) => node.id === id)?.address ?? id;
  switch (decision.do) {
    case "nothing": return "all is as it should be";
    case "wait": return `waiting: ${decision.why}`;
    case "refuse": return `left alone: ${decision.why}`;
    case "meet":
      for (const { address } of decision.machines) await meet(ask, ownAddress, address);
      return `meets ${decision.machines.map(({ name }) => name).join(", ")}`;
    case "assign":
      for (const { machine, ranges } of decision.shares) {
        await ask(addressOf(machine), "CLUSTER", "ADDSLOTSRANGE", ...ranges.flatMap(({ from, to }) => [String(from), String(to)]));
      }
      return `slots that nobody had: ${decision.shares.map(({ machine, ranges }) => `${ranges.map(({ from, to }) => `${from}-${to}`).join(",")} to ${machine}`).join("; ")}`;
    case "replicate":
      await ask(addressOf(decision.machine), "CLUSTER", "REPLICATE", decision.masterId);
      return `${decision.machine} becomes replica of ${nameOf(decision.masterId)}`;
    case "release":
      await ask(addressOf(decision.machine), "CLUSTER", "RESET", "SOFT");
      return `${decision.machine} is no replica any more: a master is wanting`;
    case "promote":
      await ask(addressOf(decision.machine), "CLUSTER", "FAILOVER");
      // To say it again would begin it anew, and clients wait meanwhile.
      if (!await becomes("master", ask, addressOf(decision.machine))) throw new Error(`${decision.machine} was to take over from its master, and did not`);
      return `${decision.machine} takes over from its master, which is to go`;
    case "forget": return await forget(decision.id, view, hands);
    case "abandon":
      await Promise.all(decision.slots.map(async (slot) => ask(addressOfNode(decision.id), "CLUSTER", "SETSLOT", String(slot), "STABLE")));
      return `${nameOf(decision.id)} does not wait any more for ${decision.slots.length} slots of which it had not heard whose they are`;
    case "mend":
      await hands.redisCli("redis-cli", ["--cluster", "fix", `${ownAddress}:${redisPort}`, ...asAdmin]);
      return "slots that were left on their way are closed";
    case "move":
      await moveSlots(moveOf(decision, view), hands.mover);
      return `moved ${decision.count} slots from ${nameOf(decision.from)} to ${nameOf(decision.to)}`;
    default: return decision satisfies never;
  }
}

/** The password is in its environment. */
const asAdmin = ["--user", "admin", "--no-auth-warning"];

function moveOf({ from, to, count }: Move, view: View): SlotMove {
  const { nodes } = reconcile(view);
  const nodeOf = (id: string): ClusterNode => {
    const found = nodes.find((node) => node.id === id);
    if (found === undefined) throw new Error(`the cluster has no node ${id}`);
    return found;
  };
  const [source, target] = [nodeOf(from), nodeOf(to)];
  return {
    slots: slotsOf(source).slice(0, count),
    from: source, to: target,
    others: nodes.filter((node) => node.role === "master" && node.health === "up" && node !== source && node !== target).map(({ address }) => address),
  };
}

async function meet(ask: Ask, ownAddress: string, address: string): Promise<void> {
  await ask(ownAddress, "CLUSTER", "MEET", address, String(redisPort), String(busPort));
}

/** On every node within a minute: one that was not told would tell the others again. */
async function forget(id: string, { wanted, own }: View, { ask }: Hands): Promise<string> {
  const known = own.nodes.filter((node) => node.health !== "failed" && !node.joining && node.address !== "");
  const failures: string[] = [];
  for (const { address } of known) {
    const nodes = await askText(ask, address, "CLUSTER", "NODES").catch((error: unknown) => {
      failures.push(String(error));
      return "";
    });
    if (nodes.includes(id)) await ask(address, "CLUSTER", "FORGET", id);
  }
  if (failures.length > 0) throw new Error(`not everybody could be told to forget ${id}: ${failures.join("; ")}`);
  const gone = own.nodes.find((node) => node.id === id);
  return `node ${id} at ${gone?.address ?? "?"} is forgotten by ${known.length} nodes; ${wanted.length} machines are wanted`;
}
