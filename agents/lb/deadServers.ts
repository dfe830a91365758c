import type { ServerState } from "./serverState.ts";

/**
 * HAProxy's limit for opening a connection to a server: what has not been sent to it goes elsewhere by then. Its template
 * says the same.
 */
export const connectLimitMs = 500;

/**
 * Remembers since when servers are down, and tells once for each when what was sent to it is to be given up: nobody would
 * answer it, and HAProxy would wait for half a minute. Its own `on-marked-down shutdown-sessions` does so at once, and with
 * those requests ends others that it was about to send elsewhere, because their connection had not come about yet.
 */
export class DeadServers {
  /** Null: given up. */
  private readonly downSince = new Map<string, number | null>();

  /** @param now in milliseconds, of a clock that only goes forward */
  toGiveUp(servers: readonly Pick<ServerState, "name" | "health">[], now: number): string[] {
    const down = servers.filter(({ health }) => health === "down").map(({ name }) => name);
    for (const name of this.downSince.keys()) if (!down.includes(name)) this.downSince.delete(name);
    return down.filter((name) => {
      const since = this.downSince.get(name);
      if (since === undefined) this.downSince.set(name, now);
      if (since === undefined || since === null || now - since < connectLimitMs) return false;
      this.downSince.set(name, null);
      return true;
    });
  }
}
