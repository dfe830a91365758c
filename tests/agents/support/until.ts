/** Waits until a condition holds; rejects with what it was after five seconds. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited 5 s in vain until ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
