/** What `CLUSTER NODES` says: the cluster as one of its nodes sees it. https://redis.io/docs/latest/commands/cluster-nodes/ */

export const slotsInAll = 16_384;

/** Inclusive. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
}

export interface ClusterNode {
  /** Redis' own name of it; a machine that is made anew has another. */
  readonly id: string;
  /** Empty when the cluster has lost it. */
  readonly address: string;
  readonly role: "master" | "replica";
  /** Of a replica. */
  readonly masterId: string | null;
  /** `suspected`: by the node that was asked; `failed`: by a majority of the masters. */
  readonly health: "up" | "suspected" | "failed";
  /** The two do not know yet whether they may trust each other. */
  readonly joining: boolean;
  /** The node that was asked. */
  readonly self: boolean;
  readonly slots: readonly SlotRange[];
  /** Slots on their way, of which only the node itself tells. */
  readonly openSlots: readonly number[];
}

export const slotCount = ({ slots }: Pick<ClusterNode, "slots">): number => slots.reduce((sum, { from, to }) => sum + to - from + 1, 0);

export const holds = ({ slots }: Pick<ClusterNode, "slots">, slot: number): boolean => slots.some(({ from, to }) => from <= slot && slot <= to);

export const slotsOf = ({ slots }: Pick<ClusterNode, "slots">): number[] =>
  slots.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, at) => from + at));

export function rangesOf(slots: readonly number[]): SlotRange[] {
  const ranges: SlotRange[] = [];
  for (const slot of slots.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.to === slot - 1) ranges[ranges.length - 1] = { from: last.from, to: slot };
    else ranges.push({ from: slot, to: slot });
  }
  return ranges;
}

export function parseClusterNodes(text: string): ClusterNode[] {
  return text.split("\n").filter((line) => line.trim() !== "").map(parseLine);
}

function parseLine(line: string): ClusterNode {
  const [id, endpoint, flagsText, masterId, , , , , ...owned] = line.trim().split(" ");
  if (id === undefined || endpoint === undefined || flagsText === undefined || masterId === undefined) {
    throw new Error(`CLUSTER NODES has a line that is none: ${JSON.stringify(line)}`);
  }
  const flags = new Set(flagsText.split(","));
  return {
    id,
    address: flags.has("noaddr") ? "" : endpoint.replace(/:\d+@.*$/, ""),
    role: flags.has("slave") ? "replica" : "master",
    masterId: masterId === "-" ? null : masterId,
    health: flags.has("fail") ? "failed" : flags.has("fail?") ? "suspected" : "up",
    joining: flags.has("handshake"),
    self: flags.has("myself"),
    slots: owned.filter((word) => !word.startsWith("[")).map(parseRange),
    openSlots: owned.filter((word) => word.startsWith("[")).map((word) => Number(/\d+/.exec(word)?.[0])),
  };
}

function parseRange(word: string): SlotRange {
  const [from = "", to = from] = word.split("-");
  return { from: Number(from), to: Number(to) };
}
