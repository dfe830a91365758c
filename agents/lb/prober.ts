import { setTimeout as delay } from "node:timers/promises";
import { launch, reach } from "../reach.ts";
import { type Answer, type Attention, hear, noAttention, probeIntervalMs } from "./attention.ts";

/** Null when there is no answer. Calls back when its connection is accepted, which may be long before. */
export type Question = (onReached: () => void) => Promise<Answer | null>;

export interface ProberOptions {
  ask: Question;
  /** Told after every probe that is launched and every answer that is heard. */
  onChange: (attention: Attention) => void;
  /** Overrides the interval, for tests. */
  intervalMs?: number;
}

/** Asks one target at regular intervals, until it is stopped. */
export class Prober {
  private readonly options: ProberOptions;
  private readonly stopping = new AbortController();
  private current: Attention = noAttention;

  constructor(options: ProberOptions) {
    this.options = options;
    void this.run();
  }

  get attention(): Attention {
    return this.current;
  }

  stop(): void {
    this.stopping.abort();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.change(launch(this.current));
      void this.probe(this.current.launched);
      await delay(this.options.intervalMs ?? probeIntervalMs, undefined, { signal }).catch(() => null);
    }
  }

  private async probe(number: number): Promise<void> {
    const answer = await this.options.ask(() => this.change(reach(this.current, number)));
    if (answer !== null) this.change(hear(this.current, number, answer));
  }

  private change(attention: Attention): void {
    if (this.stopping.signal.aborted) return;
    this.current = attention;
    this.options.onChange(attention);
  }
}
