/** Recorded ids, addresses and keys, and what they are called here. */
export class Translation {
  readonly #here = new Map<string, string | number>();

  /** Walks two answers side by side. */
  learn(recorded: unknown, here: unknown): void {
    if (Array.isArray(recorded) && Array.isArray(here)) {
      recorded.forEach((each, index) => this.learn(each, here[index]));
      return;
    }
    if (!isRecord(recorded) || !isRecord(here)) return;
    for (const [key, value] of Object.entries(recorded)) {
      const ours = here[key];
      const isName = identifying.has(key) && (typeof value === "string" || typeof value === "number");
      if (isName && (typeof ours === "string" || typeof ours === "number")) this.#here.set(String(value), ours);
      else this.learn(value, ours);
    }
  }

  path(recorded: string): string {
    return recorded.split("/").map((segment) => String(this.#here.get(segment) ?? segment)).join("/");
  }

  value(recorded: unknown): unknown {
    if (Array.isArray(recorded)) return recorded.map((each) => this.value(each));
    if (isRecord(recorded)) return Object.fromEntries(Object.entries(recorded).map(([key, each]) => [key, this.value(each)]));
    if (typeof recorded !== "string" && typeof recorded !== "number") return recorded;
    return this.#here.get(String(recorded)) ?? recorded;
  }
}

const identifying = new Set(["id", "ip", "access_key", "vpc_uuid", "fingerprint"]);

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
