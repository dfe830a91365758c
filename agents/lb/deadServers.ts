import type { ServerState } from "./serverState.ts";

/**
 * HAProxy's limit for opening a connection to a server: what has not been sent to it goes elsewhere by then. Its template
 * says the same.
 */
export const connectLimitMs = 500;

/**
 * Remembers since when servers are down, and tells once for each when what was sent to it is to be given up: nobody would
 * answer it, and HAProxy would wait for half a minute. Its own `on-marked-down shutdown-sessions` does so at once, and with
 * those requests ends others that it was about to send elsewhere, because their connection had not come about yet. It also
 * ends those of a server that has drained: that one closes its port, which counts as down, and goes on answering what it has.
 */
export class DeadServers {
  /** Null: nothing is to be given up any more. */
  private readonly downSince = new Map<string, number | null>();
  private draining: readonly string[] = [];

  /** @param now in milliseconds, of a clock that only goes forward */
  toGiveUp(servers: readonly Pick<ServerState, "name" | "health">[], now: number): string[] {
    const are = (wanted: ServerState["health"]): string[] => servers.filter(({ health }) => health === wanted).map(({ name }) => name);
    const down = are("down");
    for (const name of this.downSince.keys()) if (!down.includes(name)) this.downSince.delete(name);
    const due = down.filter((name) => {
      const since = this.downSince.get(name);
      if (since === undefined) this.downSince.set(name, this.draining.includes(name) ? null : now);
      if (since === undefined || since === null || now - since < connectLimitMs) return false;
      this.downSince.set(name, null);
      return true;
    });
    this.draining = are("stopping");
    return due;
  }
}
