/** Writes of one kind to the slots of one master, numbered, each acknowledgement remembered. Knows no Redis and no clock. */
import type { Kind, Lane } from "./messages.ts";

interface Acknowledged {
  readonly key: string;
  readonly value: string;
}

export class LaneTally {
  readonly master: string;
  readonly acknowledged: Record<Kind, Acknowledged[]> = { plain: [], waited: [] };
  #refused = 0;
  #lastAt: number;
  #worst = 0;
  #lastError: string | null = null;

  constructor(master: string, now: number) {
    this.master = master;
    this.#lastAt = now;
  }

  written(kind: Kind, write: Acknowledged, now: number): void {
    this.acknowledged[kind].push(write);
    this.#worst = Math.max(this.#worst, now - this.#lastAt);
    this.#lastAt = now;
  }

  failed(error: string): void {
    this.#refused += 1;
    this.#lastError = error;
  }

  /** What was before does not count any more. */
  reset(now: number): void {
    this.#worst = 0;
    this.#lastAt = now;
  }

  look(now: number): Lane {
    return {
      master: this.master, acknowledged: this.acknowledged.plain.length + this.acknowledged.waited.length, refused: this.#refused,
      gapMs: Math.max(this.#worst, now - this.#lastAt), lastError: this.#lastError,
    };
  }
}
