/**
 * Thousands of clients that are there, each with a TLS connection of its own and a request now and then, for drills that
 * ask how long the last of them waits:
 *
 *     const crowd = startCrowd(await readSite(), 5_000);
 *     restore("the crowd", async () => crowd.end());
 *     await crowd.gathered(60_000);
 *     await tell("power", { machine: "lb-1", change: "loss" });
 *     crowd.event();                                        // all of them want something now
 *     const { firstAnswerAt, lastAnswerAt } = await crowd.answeredAgain(60_000);   // by now()
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { waitFor } from "../../../make/wait.ts";
import type { Target } from "../visitors/messages.ts";
import { type CrowdEvent, type CrowdTick, type Start, tickSchema } from "./messages.ts";

/** Two: a handshake costs the client more than the server, and one process would be the slowest part of what it measures. */
const processes = 2;

/**
 * Room for all that its clients throw away, or collecting it would take the processors from what is measured. A TLS
 * connection's memory lies outside the heap, and V8 would look through all of the heap for every 64 MiB of it.
 */
const room = ["--max-semi-space-size=128", "--initial-heap-size=1024", "--external-memory-accounted-in-global-limit"];

export interface Answered {
  firstAnswerAt: number;
  lastAnswerAt: number;
}

export class Crowd {
  readonly #clients: number;
  readonly #children: ChildProcess[];
  readonly #latest = new Map<ChildProcess, CrowdTick>();
  #event = 0;

  constructor(start: Omit<Start, "type">) {
    this.#clients = start.clients;
    this.#children = Array.from({ length: processes }, (_, index) => {
      const child = fork(join(import.meta.dirname, "process.ts"), { execArgv: room });
      child.on("message", (message) => this.#latest.set(child, tickSchema.parse(message)));
      const share = Math.floor((start.clients + index) / processes);
      child.send({ ...start, type: "start", clients: share } satisfies Start);
      return child;
    });
  }

  sum(figure: "connected" | "answers" | "refused" | "lost" | "handshakes" | "resumed" | "waiting"): number {
    return [...this.#latest.values()].reduce((total, tick) => total + tick[figure], 0);
  }

  /** Waits until every client is connected and has been answered. */
  async gathered(limitMs: number): Promise<void> {
    await this.#until(() => this.sum("connected") === this.#clients && this.#nobodyWaits, "the crowd to gather", limitMs);
  }

  /** Every client wants something within the next `spreadMs`, and nobody who got it before counts as answered. */
  event(spreadMs = 1_000): void {
    this.#event += 1;
    for (const child of this.#children) child.send({ type: "event", number: this.#event, spreadMs } satisfies CrowdEvent);
  }

  /** Waits until every client has been answered since the event. */
  async answeredAgain(limitMs: number): Promise<Answered> {
    await this.#until(() => this.#nobodyWaits, "every client to be answered", limitMs);
    const ticks = [...this.#latest.values()];
    return {
      firstAnswerAt: Math.min(...ticks.map(({ firstAnswerAt }) => firstAnswerAt ?? Infinity)),
      lastAnswerAt: Math.max(...ticks.map(({ lastAnswerAt }) => lastAnswerAt ?? -Infinity)),
    };
  }

  async end(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }

  /** As told by processes that have heard of the last event. */
  get #nobodyWaits(): boolean {
    return this.#children.every((child) => {
      const tick = this.#latest.get(child);
      return tick?.event === this.#event && tick.waiting === 0;
    });
  }

  async #until(holds: () => boolean, what: string, limitMs: number): Promise<void> {
    await waitFor(async () => {
      await Promise.resolve();
      if (this.#children.some(({ exitCode }) => exitCode !== null)) throw new Error("a process of the crowd has ended; see its words above");
      if (holds()) return true;
      throw new Error(`${this.sum("connected")} of ${this.#clients} connected, ${this.sum("waiting")} not answered`);
    }, { what, limitMs, everyMs: 50 });
  }
}

/** @param everyMs between a client's requests, on average */
export function startCrowd(target: Target, clients: number, everyMs = 10_000): Crowd {
  return new Crowd({ target, clients, everyMs });
}
