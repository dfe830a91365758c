import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { tail } from "../../../make/run.ts";
import { waitFor } from "../../../make/wait.ts";
import type { DrillContext } from "../drill.ts";
import { endChild, startOn } from "../writer/onMachine.ts";
import { type Done, type Lane, type Order, saidSchema, type Start, type Tick, type Verdict } from "./messages.ts";

/** A client on an app server that writes to Redis all the time, seen from the drill. */
export class Writer {
  readonly #child: ChildProcess;
  #tick: Tick | undefined;
  #verdict: Verdict | undefined;
  #done: Done | undefined;
  #said = "";
  #ended = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout === null) throw new Error("the client says nothing");
    createInterface({ input: child.stdout }).on("line", (line) => this.#hear(line));
    child.once("close", () => { this.#ended = true; });
  }

  /** Ended with the drill, whatever becomes of it. */
  static async start({ restore }: DrillContext, machine: string, options: Partial<Start> = {}): Promise<Writer> {
    const start: Start = { everyMs: 10, pinnedTo: null, pretend: false, run: `${machine}-${Date.now().toString(36)}`, ...options };
    const child = await startOn(machine, "tests/drills/redis/client.ts", "/etc/quickcart/app.env");
    restore(`the client on ${machine}`, async () => endChild(child));
    const writer = new Writer(child);
    writer.#order({ do: "start", start });
    await waitFor(async () => await Promise.resolve(writer.lanes().every(({ acknowledged }) => acknowledged > 20) ? true : undefined), {
      what: `acknowledged writes of the client on ${machine}`, limitMs: 30_000,
    });
    writer.reset();
    return writer;
  }

  /** Throws when the client has ended, or has not said anything yet. */
  lanes(): Lane[] {
    if (this.#ended) throw new Error(`the client ended: ${tail(this.#said, 5)}`);
    if (this.#tick === undefined) throw new Error("the client has not said anything yet");
    return this.#tick.lanes;
  }

  /** Of the slots that this master had at the start. */
  lane(master: string): Lane {
    const found = this.lanes().find((lane) => lane.master === master);
    if (found === undefined) throw new Error(`the client knows no master ${master}: ${this.lanes().map((lane) => lane.master).join(", ")}`);
    return found;
  }

  /** Since the start or the last `reset`. */
  get worstGapMs(): number {
    return Math.max(...this.lanes().map(({ gapMs }) => gapMs));
  }

  get lateMs(): number {
    return this.#tick?.lateMs ?? NaN;
  }

  reset(): void {
    this.#order({ do: "reset" });
  }

  /** Waits until every lane has been acknowledged `count` more writes. */
  async flowing(count: number, limitMs: number): Promise<void> {
    const before = new Map(this.lanes().map(({ master, acknowledged }) => [master, acknowledged]));
    await waitFor(async () => {
      const behind = this.lanes().find(({ master, acknowledged }) => acknowledged < (before.get(master) ?? 0) + count);
      if (behind !== undefined) throw new Error(`writes to what ${behind.master} had are not acknowledged: ${behind.lastError ?? "no error"}`);
      return await Promise.resolve(true as const);
    }, { what: `${count} more acknowledged writes in every lane`, limitMs });
  }

  /** Ends the writing and looks whether everything that was acknowledged is there. */
  async verdict(limitMs = 60_000): Promise<Verdict> {
    this.#order({ do: "stop" });
    if (this.#verdict === undefined) this.#order({ do: "verify" });
    return await waitFor(async () => {
      if (this.#ended) throw new Error(`the client ended: ${tail(this.#said, 5)}`);
      return await Promise.resolve(this.#verdict);
    }, { what: "the client's verdict", limitMs });
  }

  /** Large values, until that master refuses them; answers how many it took. */
  async fill(master: string, bytes: number): Promise<number> {
    return await this.#ask({ do: "fill", master, bytes });
  }

  /** How many of them are not there. */
  async missing(): Promise<number> {
    return await this.#ask({ do: "read" });
  }

  async empty(): Promise<number> {
    return await this.#ask({ do: "empty" });
  }

  async #ask(order: Order): Promise<number> {
    this.#done = undefined;
    this.#order(order);
    return (await waitFor(async () => {
      if (this.#ended) throw new Error("the client ended");
      return await Promise.resolve(this.#done);
    }, { what: `the client's answer to ${order.do}`, limitMs: 120_000 })).count;
  }

  #order(order: Order): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  #hear(line: string): void {
    let said: unknown;
    try {
      said = JSON.parse(line);
    } catch {
      this.#said = `${this.#said}${line}\n`.slice(-2_000);
      return;
    }
    const message = saidSchema.parse(said);
    switch (message.type) {
      case "tick": this.#tick = message; return;
      case "verdict": this.#verdict = message; return;
      case "done": this.#done = message; return;
      default: return message satisfies never;
    }
  }
}
