import { readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { hasCode } from "../errors.ts";
import { type VrrpState, vrrpStates } from "./decide.ts";

/** What the notify script wrote; null when that is no state. */
export function parseVrrpState(text: string): VrrpState | null {
  const word = text.trim();
  return vrrpStates.find((state) => state === word) ?? null;
}

/** Tells each state that keepalived's notify script writes into the file, as soon as it has been written. */
export class VrrpWatcher {
  private readonly path: string;
  private readonly onState: (state: VrrpState) => void;
  private last: VrrpState | null = null;

  constructor(path: string, onState: (state: VrrpState) => void) {
    this.path = path;
    this.onState = onState;
  }

  /** Until the signal aborts. Rejects when the folder cannot be watched. */
  async watch(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      // The folder, not the file: each state is a new file that takes the old one's name.
      const watcher = watch(dirname(this.path), (_event, name) => {
        if (name === basename(this.path)) this.look();
      });
      watcher.once("error", reject);
      signal.addEventListener("abort", () => {
        watcher.close();
        resolve();
      }, { once: true });
      this.look();
    });
  }

  /** Also without an event: one that is lost must not cost more than the time until the next look. */
  look(): void {
    const state = this.read();
    if (state === null || state === this.last) return;
    this.last = state;
    this.onState(state);
  }

  /** At once: a few bytes in memory, and two reads that overtake each other would turn the states round. */
  private read(): VrrpState | null {
    try {
      return parseVrrpState(readFileSync(this.path, "utf8"));
    } catch (error) {
      if (hasCode(error, "ENOENT")) return null;
      throw error;
    }
  }
}
