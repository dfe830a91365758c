/** One thing at a time for each key, in the order asked for. */
export class Queues<Key> {
  readonly #tails = new Map<Key, Promise<unknown>>();

  run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(work, work);
    const tail = result.then(() => undefined, () => undefined);
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    return result;
  }

  /** Leaves it when something is under way. */
  async runIfIdle(key: Key, work: () => Promise<void>): Promise<void> {
    if (!this.#tails.has(key)) await this.run(key, work);
  }
}
