/** Asks by turns: for a while every visitor asks again as soon as it is answered, then all fall silent, so that others can be measured. */
export class Visitors {
  answers = 0;
  #open = false;
  #busy = 0;
  readonly #waiting: (() => void)[] = [];
  #silent: () => void = () => undefined;
  readonly #many: number;
  #ready: () => void = () => undefined;
  readonly ready: Promise<void>;

  /** @param many how many ask at once */
  constructor(many: number) {
    this.#many = many;
    this.ready = new Promise((resolve) => (this.#ready = resolve));
  }

  /** A visitor's wish to ask; granted at once or with the next turn. */
  want(ask: () => void): void {
    if (this.#open) {
      this.#busy++;
      ask();
    } else if (this.#waiting.push(ask) === this.#many) this.#ready();
  }

  answered(): void {
    this.answers++;
    this.#busy--;
    if (!this.#open && this.#busy === 0) this.#silent();
  }

  /** Resolves once the last one is answered, `ms` after the first has asked or a little later. */
  async turn(ms: number): Promise<void> {
    this.#open = true;
    for (const ask of this.#waiting.splice(0)) this.want(ask);
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        this.#open = false;
        this.#silent = resolve;
        if (this.#busy === 0) resolve();
      }, ms);
    });
  }
}
