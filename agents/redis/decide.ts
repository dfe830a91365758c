/**
 * What is to be done next so that the cluster becomes what the topology document says: half of its machines masters, each with
 * a replica, slots spread evenly. One step at a time, and each from what is, so that whatever was half done when somebody
 * died is found and brought to its end. Pure.
 */
import { type ClusterNode, holds, type SlotRange, slotCount, slotsInAll } from "./clusterNodes.ts";
import { capacityProblem } from "./capacity.ts";
import { reconcile } from "./reconcile.ts";
import { evenShares, nextMove, type Move, ownerless } from "./slots.ts";
import { isBlank, type Sight, type View, type WantedMachine } from "./view.ts";

export type Decision =
  /** All is as it should be. */
  | { readonly do: "nothing" }
  | { readonly do: "wait"; readonly why: string }
  /** Nothing that a program should mend. */
  | { readonly do: "refuse"; readonly why: string }
  | { readonly do: "meet"; readonly machines: readonly Pick<WantedMachine, "name" | "address">[] }
  /** Slots that nobody has. */
  | { readonly do: "assign"; readonly shares: readonly Share[] }
  | { readonly do: "replicate"; readonly machine: string; readonly masterId: string }
  /** A replica of a master that is to go becomes master. */
  | { readonly do: "promote"; readonly machine: string }
  /** A replica becomes a machine as new, for a master is wanting. */
  | { readonly do: "release"; readonly machine: string }
  /** A node that is gone for good. */
  | { readonly do: "forget"; readonly id: string }
  /** Slots that were on their way to a node which never heard whose they are. As long as it waits for them it does not listen, and takes nothing. */
  | { readonly do: "abandon"; readonly id: string; readonly slots: readonly number[] }
  /** Slots that were on their way when whoever moved them died. */
  | { readonly do: "mend" }
  | ({ readonly do: "move" } & Move);

export interface Share {
  readonly machine: string;
  readonly ranges: readonly SlotRange[];
}

/** A wanted machine that is in the cluster. */
interface Member {
  readonly machine: WantedMachine;
  readonly node: ClusterNode;
}

const wait = (why: string): Decision => ({ do: "wait", why });
const refuse = (why: string): Decision => ({ do: "refuse", why });
const names = (machines: readonly { name: string }[]): string => machines.map(({ name }) => name).join(", ");

/**
 * Whether it is this machine that acts: the first one of the document that is well and in the cluster, as this one sees it.
 * Before there is a cluster, the first one of the document.
 */
export function coordinates(self: string, wanted: readonly Pick<WantedMachine, "name" | "address">[], own: Sight): boolean {
  const addresses = new Set(own.nodes.filter(({ health, joining }) => health === "up" && !joining).map(({ address }) => address));
  if (isBlank(own)) return wanted[0]?.name === self;
  return wanted.find(({ name, address }) => name === self || addresses.has(address))?.name === self;
}

export function decide(view: View): Decision {
  const { nodes, disputed } = reconcile(view);
  if (disputed > 0) return wait(`${disputed} slots have two masters until one of them has heard of the other`);
  return nodes.some((node) => slotCount(node) > 0) ? tend(view, nodes) : form(view);
}

function form({ wanted, own }: View): Decision {
  const host = wanted.find(({ sight }) => sight !== null && sight.id !== own.id && knows(sight.nodes, own.id) && sight.nodes.some((node) => slotCount(node) > 0));
  // One that was told to know nobody any more: the others take it for the one that acts, and none of them would let it in.
  if (isBlank(own) && host !== undefined) return { do: "meet", machines: [{ name: host.name, address: host.address }] };
  const silent = wanted.filter(({ sight }) => sight === null);
  if (silent.length > 0) return wait(`a cluster is formed once all are there: ${names(silent)} ${silent.length === 1 ? "does" : "do"} not answer`);
  const seen = wanted.flatMap(({ name, sight }) => sight === null ? [] : [{ name, sight }]);
  const addresses = new Set(wanted.map(({ address }) => address));
  // Its own address a node learns only from those that meet it.
  const strange = seen.filter(({ sight }) => sight.keys > 0 || sight.nodes.some((node) =>
    slotCount(node) > 0 || !(node.self || node.joining || addresses.has(node.address))));
  if (strange.length > 0) return refuse(`${names(strange)}: holds keys, or is of another cluster; a cluster is only made of machines that are as new`);
  const unmet = wanted.filter(({ sight }) => !knows(own.nodes, sight?.id));
  if (unmet.length > 0) return { do: "meet", machines: unmet };
  if (seen.some(({ sight }) => seen.some((other) => !knows(sight.nodes, other.sight.id)))) return wait("the machines get to know each other");
  const masters = wanted.slice(0, wanted.length / 2);
  return { do: "assign", shares: evenShares([{ from: 0, to: slotsInAll - 1 }], masters.map(({ name }) => name)) };
}

function knows(nodes: readonly ClusterNode[], id: string | undefined): boolean {
  return nodes.some((node) => node.id === id && !node.joining);
}

function tend(view: View, nodes: readonly ClusterNode[]): Decision {
  const { wanted, leaving, own } = view;
  const seen = wanted.flatMap(({ name, address, sight }) => sight === null ? [] : [{ name, address, sight }]);
  // What this machine has not heard of yet would look like slots that nobody has.
  const unheard = seen.filter(({ sight }) => !knows(nodes, sight.id) && sight.nodes.some((node) => !node.self && knows(nodes, node.id)));
  const unmet = unheard.filter(({ address }) => !own.nodes.some((node) => node.joining && node.address === address));
  if (unmet.length > 0) return { do: "meet", machines: unmet.map(({ name, address }) => ({ name, address })) };
  if (unheard.length > 0) return wait(`gets to know ${names(unheard)}`);

  const sights = [...wanted.map(({ sight }) => sight), ...leaving.values()].flatMap((sight) => sight ?? []);
  const open = sights.flatMap(({ id, nodes: seenThere }) => {
    const slots = seenThere.flatMap(({ openSlots }) => openSlots);
    return slots.length === 0 ? [] : [{ id, slots, unheard: slots.filter((slot) => !seenThere.some((node) => holds(node, slot))) }];
  });
  const deaf = open.find((one) => one.unheard.length > 0);
  if (deaf !== undefined) return { do: "abandon", id: deaf.id, slots: deaf.unheard };
  if (open.length > 0) return { do: "mend" };

  const fresh = seen.filter(({ sight }) => isBlank(sight));
  if (fresh.length > 0) return { do: "meet", machines: fresh.map(({ name, address }) => ({ name, address })) };
  const strange = seen.filter(({ sight }) => !knows(nodes, sight.id));

  const members = wanted.flatMap((machine) => memberOf(machine, nodes) ?? []);
  // A replica does not forget its master: it gets another one first.
  const gone = nodes.find((node) => isGone(node, wanted, members) && !nodes.some((other) => other.masterId === node.id && other.health !== "failed"));
  if (gone !== undefined) return { do: "forget", id: gone.id };
  const lost = nodes.filter((node) => node.health === "failed" && slotCount(node) > 0);
  if (lost.length > 0) return wait(`no replica has taken over from ${lost.map(({ address, id }) => address || id).join(", ")}: their slots are away until one of them is back`);

  const masters = chooseMasters(members, wanted.length / 2);
  if ("do" in masters) return masters;
  // In nobody's eyes: a master that is silent just now may be one of whom this machine has not heard.
  const unowned = ownerless([...nodes, ...sights.flatMap((sight) => sight.nodes)].flatMap(({ slots }) => slots));
  if (unowned.length > 0) return { do: "assign", shares: evenShares(unowned, masters.map(({ machine }) => machine.name)) };
  return replication(nodes, members, masters, false)
    ?? (strange.length > 0 ? refuse(`${names(strange)}: holds data, or is of another cluster; it is left alone until \`redis-cli flushall\` and \`cluster reset\` have made it as new`) : null)
    ?? movement(view, nodes, masters)
    ?? replication(nodes, members, masters, true)
    ?? unsettled(wanted, members)
    ?? { do: "nothing" };
}

function memberOf(machine: WantedMachine, nodes: readonly ClusterNode[]): Member | null {
  // A machine that is silent is known by its address; one that answers, by who it says it is.
  const node = nodes.find((one) => !one.joining && (machine.sight === null ? one.address === machine.address : one.id === machine.sight.id));
  return node === undefined ? null : { machine, node };
}

/** Failed, without slots, and no machine of the document is it: it was replaced, or is not wanted any more. */
function isGone(node: ClusterNode, wanted: readonly WantedMachine[], members: readonly Member[]): boolean {
  if (node.health !== "failed" || slotCount(node) > 0 || node.joining) return false;
  if (members.some((member) => member.node.id === node.id && member.machine.sight === null)) return false;
  return wanted.every(({ address, sight }) => address !== node.address || (sight !== null && sight.id !== node.id));
}

const isWell = ({ machine, node }: Member): boolean => machine.sight !== null && node.health === "up";

/** Those that hold slots already, else those that hold none yet; never more than are wanted. */
function chooseMasters(members: readonly Member[], count: number): Member[] | Decision {
  const masters = members.filter(({ node }) => node.role === "master");
  const holding = masters.filter(({ node }) => slotCount(node) > 0).toSorted((a, b) => slotCount(b.node) - slotCount(a.node));
  if (holding.length >= count) return holding.slice(0, count);
  const blank = masters.filter((member) => slotCount(member.node) === 0 && isWell(member));
  const chosen = [...holding, ...blank].slice(0, count);
  if (chosen.length === count) return chosen;
  const ids = new Set(members.map(({ node }) => node.id));
  const heir = members.find((member) => member.node.role === "replica" && isWell(member) && member.machine.sight?.inStep === true && !ids.has(member.node.masterId ?? ""));
  if (heir !== undefined) return { do: "promote", machine: heir.machine.name };
  const spare = members.find((member) => member.node.role === "replica" && isWell(member) &&
    members.filter((other) => other.node.masterId === member.node.masterId && isWell(other)).length > 1);
  if (spare !== undefined) return { do: "release", machine: spare.machine.name };
  return wait(`${count} masters are wanted, and ${chosen.length} machines can be one`);
}

/**
 * Every master has a replica on a machine of the document.
 * @param drained whether all others' slots are gone: until then they keep their replicas, as long as those that stay have any
 */
function replication(nodes: readonly ClusterNode[], members: readonly Member[], masters: readonly Member[], drained: boolean): Decision | null {
  const masterIds = new Set(masters.map(({ node }) => node.id));
  const others = members.filter((member) => !masterIds.has(member.node.id) && isWell(member));
  const replicasOf = (master: Member): Member[] => others.filter(({ node }) => node.masterId === master.node.id);
  const neediest = masters.toSorted((a, b) => replicasOf(a).length - replicasOf(b).length)[0];
  if (neediest === undefined) return null;
  const idle = others.filter(({ node }) => node.role === "replica" ? !masterIds.has(node.masterId ?? "") : slotCount(node) === 0);
  const needed = ({ node }: Member): boolean => nodes.some(({ id, slots }) => id === node.masterId && slots.length > 0);
  const alone = !nodes.some((node) => node.masterId === neediest.node.id && node.health === "up");
  const spare = replicasOf(neediest).length > 0 ? undefined
    : masters.map(replicasOf).filter((replicas) => replicas.length > 1).toSorted((a, b) => b.length - a.length)[0]?.at(-1);
  const moving = idle.find((one) => drained || alone || !needed(one)) ?? spare;
  return moving === undefined ? null : { do: "replicate", machine: moving.machine.name, masterId: neediest.node.id };
}

function movement({ wanted, leaving }: View, nodes: readonly ClusterNode[], masters: readonly Member[]): Decision | null {
  const owners = nodes.filter((node) => slotCount(node) > 0);
  const move = nextMove(owners.map((node) => ({ id: node.id, slots: slotCount(node) })), masters.map(({ node }) => node.id));
  if (move === null) return null;
  const sightOf = (id: string) => leaving.get(id) ?? wanted.find(({ sight }) => sight?.id === id)?.sight ?? null;
  const sights = owners.flatMap(({ id }) => sightOf(id) ?? []);
  if (sights.length < owners.length || !masters.every(isWell)) return wait("slots are to be moved, but not every master answers");
  const alone = masters.find((master) => !nodes.some((node) => node.masterId === master.node.id && node.health === "up"));
  if (alone !== undefined) return wait(`slots are to be moved, but ${alone.machine.name} has no replica`);
  const problem = capacityProblem(sights, masters.length);
  if (problem !== null) return refuse(problem);
  // While a node waits for a slot it does not listen to news of it: it must know before whose it is.
  const unheard = ownerless(sightOf(move.to)?.nodes.flatMap(({ slots }) => slots) ?? []);
  const target = masters.find(({ node }) => node.id === move.to)?.machine.name ?? move.to;
  return unheard.length === 0 ? { do: "move", ...move } : wait(`slots are to be moved, but ${target} has not heard of all of them yet`);
}

function unsettled(wanted: readonly WantedMachine[], members: readonly Member[]): Decision | null {
  const missing = wanted.filter((machine) => !members.some((member) => member.machine === machine && isWell(member)));
  if (missing.length > 0) return wait(`${names(missing)} ${missing.length === 1 ? "is" : "are"} not in the cluster, or not well`);
  const behind = wanted.filter(({ sight }) => sight?.inStep === false);
  return behind.length === 0 ? null : wait(`${names(behind)}: fetching from the master`);
}
