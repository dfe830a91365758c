/** Waits until a condition holds; rejects with what it was after fifteen seconds: hosts may be busy. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited 15 s in vain until ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
