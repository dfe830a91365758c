import type { Etcd, Member } from "../etcd/client.ts";

export interface EtcdState {
  /** Of this machine's own member. */
  own: { member: string; leader: string | null };
  members: readonly Member[];
}

/**
 * Whom to give etcd's leadership to, and null when it may stay: a primary that loses its power should not take etcd's leader with
 * it, or Patroni's failover would begin with an election of etcd's.
 *
 * @param primary whether Patroni's leader is this machine
 * @param fit machines whose PostgreSQL serves: what runs there is up
 */
export function successorOf({ own, members }: EtcdState, primary: boolean, fit: readonly string[]): Member | null {
  if (!primary || own.leader !== own.member) return null;
  const others = members.filter(({ id, votes }) => votes && id !== own.member);
  return others.find(({ name }) => fit.includes(name)) ?? null;
}

/** Answers what there is to say of it, or null. */
export async function moveOff(etcd: Pick<Etcd, "members" | "ownStatus" | "moveLeader">, primary: boolean, fit: readonly string[]): Promise<string | null> {
  if (!primary) return null;
  const own = await etcd.ownStatus();
  if (own.leader !== own.member) return null;
  const successor = successorOf({ own, members: await etcd.members() }, primary, fit);
  if (successor === null) return "etcd's leader stays on the primary: no other machine is well";
  await etcd.moveLeader(successor.id);
  return `etcd's leader goes to ${successor.name}: this machine is the primary`;
}
