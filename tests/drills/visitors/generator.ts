/** The visitors' own process: asks at an even rate, whatever becomes of earlier requests, and tells the drill ten times a second. */
import type { Agent } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { takePrecedence } from "../precedence.ts";
import { now } from "./clock.ts";
import { startSchema, type End, type Start, type Tick } from "./messages.ts";
import { kindOf, limitMs, ordersPath, slowPath, type Kind } from "./mix.ts";
import { freshAgent, keepAliveAgent, makeAsk, type Ask, type Asked } from "./requests.ts";
import { Tally } from "./tally.ts";

const tickMs = 100;
/** Between two looks at what is due. */
const stepMs = 5;
/** What a stall of this process has left undone beyond this many requests is not made up for: a burst of its own would be measured. */
const mostAtOnce = 10;

class Generator {
  readonly #start: Start;
  readonly #startedAt = now();
  readonly #tally = new Tally(this.#startedAt);
  readonly #agents: Agent[] = [keepAliveAgent(), freshAgent()];
  readonly #visit: Ask;
  readonly #probe: Ask;
  readonly #inFlight = new Set<Promise<void>>();
  #order: number;
  #stopping = false;

  constructor(start: Start) {
    const [kept, fresh] = this.#agents as [Agent, Agent];
    this.#start = start;
    this.#order = start.firstOrder;
    this.#visit = makeAsk(start.target, kept);
    this.#probe = makeAsk(start.target, fresh);
  }

  stop(): void {
    this.#stopping = true;
  }

  async run(tell: (message: Tick | End) => void): Promise<void> {
    const ticking = setInterval(() => tell(this.#tally.tick(now())), tickMs);
    let visits = 0;
    let probes = 0;
    let index = 0;
    while (!this.#stopping) {
      const elapsed = now() - this.#startedAt;
      const visitsDue = Math.floor(elapsed * this.#start.rate / 1000);
      const probesDue = Math.floor(elapsed / this.#start.probeEveryMs);
      for (let n = Math.min(visitsDue - visits, mostAtOnce); n > 0; n--) this.#ask(kindOf(index++));
      if (probesDue > probes) this.#ask("probe");
      visits = visitsDue;
      probes = probesDue;
      const slept = now();
      await pause(stepMs);
      this.#tally.late(now() - slept - stepMs);
    }
    await Promise.all(this.#inFlight);
    clearInterval(ticking);
    tell(this.#tally.tick(now()));
    tell(this.#tally.end());
    for (const agent of this.#agents) agent.destroy();
  }

  #ask(kind: Kind): void {
    const order = kind === "order" ? this.#order++ : null;
    const askedAt = now();
    this.#tally.asked(kind);
    const one = (kind === "probe" ? this.#probe : this.#visit)(requestOf(kind, order)).then((outcome) => {
      const at = now();
      if (outcome.ok) {
        this.#tally.answered(kind, { at, ms: at - askedAt, server: outcome.server, release: outcome.release, order });
      } else {
        const { error, status, server, sent, reused } = outcome;
        this.#tally.failed({ kind, askedAt, at, error, status, server, sent, reused, order });
      }
    }).finally(() => this.#inFlight.delete(one));
    this.#inFlight.add(one);
  }
}

function requestOf(kind: Kind, order: number | null): Asked {
  switch (kind) {
    case "page":
    case "probe": return { method: "GET", path: "/", limitMs: limitMs[kind] };
    case "order": return { method: "POST", path: ordersPath, body: { order }, limitMs: limitMs.order };
    case "slow": return { method: "GET", path: slowPath, limitMs: limitMs.slow };
  }
}

takePrecedence();
let generator: Generator | undefined;
process.on("message", (message) => {
  if (message === "stop") {
    generator?.stop();
    return;
  }
  generator = new Generator(startSchema.parse(message));
  void generator.run((report) => process.send?.(report)).then(() => process.disconnect());
});
// The drill is gone: nobody would ever stop us.
process.on("disconnect", () => process.exit(0));
