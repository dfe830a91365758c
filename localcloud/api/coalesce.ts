/**
 * Many callers, few runs: each call resolves after a run that began no earlier than the call itself, and callers that come
 * during a run share the next one. What writes the state and what applies the firewalls both want exactly that.
 */
export function coalesce(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let queued: Promise<void> | null = null;

  const start = (): Promise<void> => {
    const current = run();
    running = current;
    const release = (): void => {
      if (running === current) running = null;
    };
    current.then(release, release);
    return current;
  };

  return () => {
    if (running === null) return start();
    if (queued === null) {
      const next = (): Promise<void> => {
        queued = null;
        return start();
      };
      queued = running.then(next, next);
    }
    return queued;
  };
}

/** One after the other, in the order of the calls; a failure fails its own caller only. */
export function serial(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task, task);
    last = result.catch(() => undefined);
    return result;
  };
}
