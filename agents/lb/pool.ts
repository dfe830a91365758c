import { setTimeout as delay } from "node:timers/promises";
import type { Topology } from "../documents.ts";
import { message } from "../errors.ts";
import { readIfThere, writeAtomically } from "../files.ts";
import { type Log, transitions } from "../log.ts";
import { DeadServers } from "./deadServers.ts";
import { type Ask, tell } from "./haproxy.ts";
import { parseConnections, parseServersState, type ServerState } from "./serverState.ts";
import { backend, commandsOf, planServers, type Server, serverLines, type Step, wantedServers } from "./servers.ts";

export interface ServerPoolOptions {
  ask: Ask;
  appPort: number;
  serverLinesPath: string;
  serversStatePath: string;
  log: Log;
  /** Milliseconds between two looks at HAProxy. */
  settleMs?: number;
}

/** Gives HAProxy the app servers of the topology document, and keeps what it has to start and reload with. */
export class ServerPool {
  private readonly options: ServerPoolOptions;
  private readonly say: Log;
  /** Null until a document has been read: then HAProxy serves what it started with. */
  private wanted: Server[] | null = null;
  private readonly leftAt = new Map<string, number>();
  private readonly dead = new DeadServers();
  /** What the kept state says, but for its counters. */
  private kept = "";

  constructor(options: ServerPoolOptions) {
    this.options = options;
    this.say = transitions(options.log);
  }

  want(topology: Topology): void {
    const wanted = wantedServers(topology.machines, this.options.appPort);
    if (wanted.length === 0) this.options.log("the topology document names no app server: HAProxy keeps those that it has");
    this.wanted = wanted;
  }

  /** Again and again: HAProxy may have been restarted or reloaded since. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.settle().then(
        () => this.say("HAProxy has its servers"),
        (error: unknown) => this.say(`HAProxy's servers stay as they are, trying again: ${message(error)}`),
      );
      await delay(this.options.settleMs ?? 500, undefined, { signal }).catch(() => null);
    }
  }

  /** One step nearer to what the document names; what has to wait for a check or a request is done the next time. */
  async settle(): Promise<void> {
    const before = await this.read();
    await this.giveUp(before.servers.filter(ofApp));
    const steps = this.wanted === null ? [] : await this.plan(this.wanted, before.servers.filter(ofApp));
    const refused: string[] = [];
    for (const step of steps) await this.take(step).catch((error: unknown) => refused.push(message(error)));
    await this.keep(steps.length === 0 ? before : await this.read());
    if (refused.length > 0) throw new Error(refused.join("; "));
  }

  private async read(): Promise<Reading> {
    const text = await this.options.ask("show servers state");
    return { text, servers: parseServersState(text) };
  }

  private async plan(wanted: readonly Server[], actual: readonly ServerState[]): Promise<Step[]> {
    const now = performance.now();
    const leaving = actual.filter((server) => !wanted.some(({ name }) => name === server.name)).map((server) => server.name);
    for (const name of leaving) if (!this.leftAt.has(name)) this.leftAt.set(name, now);
    for (const name of this.leftAt.keys()) if (!leaving.includes(name)) this.leftAt.delete(name);
    const connections = leaving.length === 0 ? new Map<string, number>() : parseConnections(await this.options.ask(`show servers conn ${backend}`));
    return planServers({ wanted, actual, connections, leftAt: this.leftAt, now });
  }

  private async giveUp(servers: readonly ServerState[]): Promise<void> {
    for (const name of this.dead.toGiveUp(servers, performance.now())) await tell(this.options.ask, `shutdown sessions server ${backend}/${name}`);
  }

  private async take(step: Step): Promise<void> {
    for (const { words, expected } of commandsOf(step)) await tell(this.options.ask, words, expected);
    this.options.log(wordsFor(step));
  }

  private async keep({ text, servers }: Reading): Promise<void> {
    const { serverLinesPath, serversStatePath } = this.options;
    const content = JSON.stringify(servers);
    if (content !== this.kept) {
      // Before the lines: a server without its state would count as up when HAProxy starts.
      await writeAtomically(serversStatePath, `${text}\n`, 0o600);
      this.kept = content;
    }
    const own = servers.filter(ofApp);
    // Without a document nothing is known better than what is kept.
    if (this.wanted === null || own.length === 0) return;
    const lines = serverLines(own);
    if (await readIfThere(serverLinesPath) !== lines) await writeAtomically(serverLinesPath, lines);
  }
}

interface Reading {
  text: string;
  servers: ServerState[];
}

const ofApp = (server: ServerState): boolean => server.backend === backend;

function wordsFor(step: Step): string {
  const { name } = step.server;
  switch (step.act) {
    case "add": return `${name}: added, waiting for its first check`;
    case "check": return `${name}: its checks go on`;
    case "ready": return `${name}: its health decides`;
    case "drain": return `${name}: gets nothing new, ${step.why}`;
    case "remove": return `${name}: removed`;
    default: return step satisfies never;
  }
}
