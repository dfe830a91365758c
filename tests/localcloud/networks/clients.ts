import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { ActorAnswer, ActorRequest } from "./actor.ts";

/** Waits long enough for a SYN to be sent again on a machine with other things to do. */
const patienceMs = 8_000;
/** What is dropped stays unanswered however long one waits. */
const silenceMs = 350;

/** Does things inside a namespace. */
export class Actor {
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: ActorAnswer) => void>();
  #next = 1;

  constructor(child: ChildProcess, name: string) {
    this.#child = child;
    this.ready = new Promise((resolve) => { this.#waiting.set(0, () => { resolve(); }); });
    if (child.stdout === null) throw new Error("the actor has no standard output");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { id, answer } = JSON.parse(line) as { id: number; answer: ActorAnswer };
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
    child.on("exit", () => {
      for (const resolve of this.#waiting.values()) resolve({ error: `the actor in ${name} has ended` });
    });
  }

  async serve(protocol: "tcp" | "udp", port: number, name: string, address?: string): Promise<void> {
    const result = await this.#ask({ do: "serve", protocol, port, name, ...(address !== undefined && { address }) });
    if ("error" in result) throw new Error(result.error);
  }

  /** What the server said, or the error's code. */
  async tcp(host: string, port: number, more: { localAddress?: string; keepAs?: string } = {}): Promise<string> {
    return flat(await this.#ask({ do: "tcp", host, port, limitMs: patienceMs, ...more }));
  }

  /** The same, not waiting for what is expected never to come. */
  async tcpInVain(host: string, port: number): Promise<string> {
    return flat(await this.#ask({ do: "tcp", host, port, limitMs: silenceMs }));
  }

  async udp(host: string, port: number, more: { bytes?: number } = {}): Promise<string> {
    return flat(await this.#ask({ do: "udp", host, port, limitMs: patienceMs, count: 1, ...more }));
  }

  async udpInVain(host: string, port: number): Promise<string> {
    return flat(await this.#ask({ do: "udp", host, port, limitMs: silenceMs, count: 1 }));
  }

  async udpAnswers(host: string, port: number, count: number): Promise<number> {
    return Number(flat(await this.#ask({ do: "udp", host, port, limitMs: silenceMs, count })));
  }

  /** How many of `count` datagrams, one after the other, each from a new port, were not answered. */
  async exchangesLost(host: string, port: number, count: number): Promise<number> {
    return Number(flat(await this.#ask({ do: "exchanges", host, port, limitMs: patienceMs, count })));
  }

  async say(connection: string): Promise<string> {
    return flat(await this.#ask({ do: "say", connection, limitMs: patienceMs }));
  }

  async sayInVain(connection: string): Promise<string> {
    return flat(await this.#ask({ do: "say", connection, limitMs: silenceMs }));
  }

  #ask(request: ActorRequest): Promise<ActorAnswer> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.stdin?.write(`${JSON.stringify({ id, request })}\n`);
    });
  }
}

/** Sends and sees whole Ethernet frames, in hexadecimal. */
export class Tap {
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #seen: string[] = [];
  #notify: () => void = () => undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout === null) throw new Error("the tap has no standard output");
    const lines = createInterface({ input: child.stdout });
    this.ready = new Promise((resolve) => { lines.once("line", () => { resolve(); }); });
    lines.on("line", (line) => {
      this.#seen.push(line);
      this.#notify();
    });
  }

  send(frame: string): void {
    this.#child.stdin?.write(`${frame}\n`);
  }

  /** All that came in until a frame with this in it did. */
  async until(part: string): Promise<string[]> {
    const limit = Date.now() + patienceMs;
    for (;;) {
      const at = this.#seen.findIndex((frame) => frame.includes(part));
      if (at >= 0) return this.#seen.splice(0, at + 1);
      const left = limit - Date.now();
      if (left <= 0) throw new Error(`no frame with ${part} came in; seen: ${this.#seen.join(" ")}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#notify = () => { clearTimeout(timer); resolve(); };
      });
    }
  }
}

function flat(answer: ActorAnswer): string {
  return "error" in answer ? answer.error : answer.answer;
}
