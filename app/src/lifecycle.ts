/** Where a server is between its start and its end. Health, connections and shutdown all look here. */
export class Lifecycle {
  #draining = false;

  get draining(): boolean {
    return this.#draining;
  }

  /** There is no way back: a server that has announced its end must not get new work. */
  drain(): void {
    this.#draining = true;
  }
}
