import { type Part } from "./ruleset.ts";

/**
 * Loads one ruleset at a time. What is asked for while one is being loaded goes into the next one together: sixteen
 * machines plugged in at once need two or three loads, not sixteen.
 */
export class RulesetWriter {
  readonly #load: (parts: ReadonlySet<Part>) => Promise<void>;
  #waiting: { parts: Set<Part>; done: Promise<void> } | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** @param load compiles and loads the state of the moment in which it is called */
  constructor(load: (parts: ReadonlySet<Part>) => Promise<void>) {
    this.#load = load;
  }

  /** Resolves when a ruleset that was compiled after this call is in force. */
  apply(parts: readonly Part[]): Promise<void> {
    if (this.#waiting !== null) {
      for (const part of parts) this.#waiting.parts.add(part);
      return this.#waiting.done;
    }
    const wanted = new Set(parts);
    const done = this.#last.then(() => {
      this.#waiting = null;
      return this.#load(wanted);
    });
    this.#waiting = { parts: wanted, done };
    // Whoever waits for `done` hears of a failure; the next load is to be tried all the same.
    this.#last = done.catch(() => undefined);
    return done;
  }
}
