import { type ClusterNode, rangesOf } from "../../../../agents/redis/clusterNodes.ts";
import { decide, type Decision } from "../../../../agents/redis/decide.ts";
import type { Sight, View } from "../../../../agents/redis/view.ts";

interface Model {
  id: string;
  name: string;
  address: string;
  role: "master" | "replica";
  masterId: string | null;
  slots: number[];
  keys: number;
  alive: boolean;
  /** Whether it has met the others. */
  joined: boolean;
  /** Whether they know it: also one that was told to know nobody any more. */
  known: boolean;
}

/** A cluster as far as decisions are concerned: everybody who joined knows the others at once. */
export class ModelCluster {
  readonly nodes: Model[] = [];
  readonly log: string[] = [];
  /** Masters that held slots without a replica after some step. */
  readonly exposed = new Set<string>();
  usedMemory = 1_000_000;
  maxMemory = 100_000_000;
  #made = 0;

  constructor(machines: number) {
    for (let number = 1; number <= machines; number++) this.add(`redis-${number}`);
  }

  /** A machine as new; of one with a name that exists it takes the address. */
  add(name: string): void {
    this.#made += 1;
    this.nodes.push({
      id: `node${String(this.#made)}`, name, address: `10.0.0.${name.replace("redis-", "")}`,
      role: "master", masterId: null, slots: [], keys: 0, alive: true, joined: false, known: false,
    });
  }

  node(name: string): Model {
    const found = this.nodes.findLast((node) => node.name === name);
    if (found === undefined) throw new Error(`no machine ${name}`);
    return found;
  }

  /** Its replica takes over, as Redis itself does it. */
  die(name: string): void {
    const dead = this.node(name);
    dead.alive = false;
    const heir = this.nodes.find((node) => node.masterId === dead.id && node.alive);
    if (heir !== undefined && dead.slots.length > 0) this.#takeOver(heir);
  }

  /** As the first machine sees it that lives, for that is the one that acts, unless the others do not know it. */
  view(wanted: number): View {
    const machines = Array.from({ length: wanted }, (_, index) => this.node(`redis-${index + 1}`));
    const own = machines.find(({ alive, joined, known }) => alive && (joined || known)) ?? machines.find(({ alive }) => alive);
    if (own === undefined) throw new Error("nobody lives");
    const leaving = this.nodes.filter((node) => node.joined && node.alive && !machines.includes(node));
    return {
      wanted: machines.map((node) => ({ name: node.name, address: node.address, sight: node.alive ? this.#sight(node) : null })),
      own: this.#sight(own),
      leaving: new Map(leaving.map((node) => [node.id, this.#sight(node)])),
    };
  }

  /** Decides and does; answers what there was to decide. */
  step(wanted: number): Decision {
    const decision = decide(this.view(wanted));
    if (decision.do === "nothing" || decision.do === "wait" || decision.do === "refuse") return decision;
    this.log.push(decision.do);
    this.#apply(decision);
    for (const { id, name, slots } of this.nodes) {
      if (slots.length > 0 && !this.nodes.some((node) => node.alive && node.masterId === id)) this.exposed.add(name);
    }
    return decision;
  }

  /** Until there is nothing to do, or nothing that can be done; answers the last decision. */
  settle(wanted: number, most = 400): Decision {
    for (let step = 0; step < most; step++) {
      const decision = this.step(wanted);
      if (decision.do === "nothing" || decision.do === "wait" || decision.do === "refuse") return decision;
    }
    throw new Error(`not settled after ${most} steps, the last ones: ${this.log.slice(-5).join(", ")}`);
  }

  /** `redis-1:5462 <- redis-4`, of every master that holds slots. */
  shape(): string[] {
    return this.nodes.filter(({ slots }) => slots.length > 0).map((master) => {
      const replicas = this.nodes.filter((node) => node.masterId === master.id && node.alive).map(({ name }) => name).sort();
      return `${master.name}:${master.slots.length} <- ${replicas.join(",") || "nobody"}`;
    }).sort();
  }

  #sight(node: Model): Sight {
    const known = node.joined ? this.nodes.filter((other) => other.joined || other.known) : [node];
    return {
      id: node.id, keys: node.keys, usedMemory: this.usedMemory, maxMemory: this.maxMemory, inStep: true,
      nodes: known.map((other): ClusterNode => ({
        id: other.id, address: other.address, role: other.role, masterId: other.masterId, health: other.alive ? "up" : "failed",
        joining: false, self: other === node, slots: rangesOf(other.slots), openSlots: [],
      })),
    };
  }

  #apply(decision: Decision): void {
    switch (decision.do) {
      case "meet":
        // Whoever meets a member is one.
        for (const { name } of decision.machines) Object.assign(this.node(name), { joined: true, known: true });
        for (const node of this.nodes) if (node.known) node.joined = true;
        return;
      case "assign":
        for (const { machine, ranges } of decision.shares) this.node(machine).slots.push(...ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, at) => from + at)));
        return;
      case "replicate": {
        const node = this.node(decision.machine);
        if (node.slots.length > 0) throw new Error(`${node.name} holds slots and cannot become a replica`);
        Object.assign(node, { role: "replica", masterId: decision.masterId });
        return;
      }
      case "release":
        Object.assign(this.node(decision.machine), { role: "master", masterId: null, joined: false });
        return;
      case "promote": return this.#takeOver(this.node(decision.machine));
      case "forget":
        if (this.nodes.some(({ alive, masterId }) => alive && masterId === decision.id)) throw new Error("ERR Can't forget my master!");
        this.nodes.splice(this.nodes.findIndex(({ id }) => id === decision.id), 1);
        return;
      case "move": return this.#move(decision);
      default: throw new Error(`the model cannot ${decision.do}`);
    }
  }

  #move({ from, to, count }: { from: string; to: string; count: number }): void {
    const [source, target] = [from, to].map((id) => this.nodes.find((node) => node.id === id));
    if (source === undefined || target === undefined || count < 1 || count > source.slots.length) throw new Error(`cannot move ${count} slots from ${from} to ${to}`);
    target.slots.push(...source.slots.splice(0, count));
    // Redis does so by itself (cluster-allow-replica-migration).
    if (source.slots.length > 0) return;
    for (const node of this.nodes) if (node === source || node.masterId === source.id) Object.assign(node, { role: "replica", masterId: target.id });
  }

  #takeOver(heir: Model): void {
    const old = this.nodes.find(({ id }) => id === heir.masterId);
    if (old === undefined) throw new Error(`${heir.name} has no master`);
    const slots = old.slots.splice(0);
    for (const node of this.nodes) if (node.masterId === old.id) node.masterId = heir.id;
    Object.assign(old, { role: "replica", masterId: heir.id });
    Object.assign(heir, { role: "master", masterId: null, slots });
  }
}

