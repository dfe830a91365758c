export interface Progress {
  step<T>(title: string, work: (onLine: (line: string) => void) => Promise<T>): Promise<T>;
}

const everyMs = 5_000;

/** Says when a step begins and ends, and every five seconds what it is doing. */
export function progress(say: (line: string) => void): Progress {
  return {
    async step(title, work) {
      const started = performance.now();
      const elapsed = (): string => `${((performance.now() - started) / 1_000).toFixed(0)} s`;
      let last = "";
      say(title);
      const timer = setInterval(() => say(`${title}: ${elapsed()}${last === "" ? "" : `, ${last}`}`), everyMs);
      try {
        const result = await work((line) => {
          const text = line.trim();
          if (text !== "") last = text.slice(0, 100);
        });
        say(`${title}: done in ${elapsed()}`);
        return result;
      } finally {
        clearInterval(timer);
      }
    },
  };
}
