import { type Ask, tell } from "./haproxy.ts";
import { parseServersState } from "./serverState.ts";

/** The server whose state says whether this load balancer is about to leave; HAProxy answers presence probes by it. */
const self = { backend: "self", name: "present" } as const;

export async function setLeaving(ask: Ask, leaving: boolean): Promise<void> {
  await tell(ask, `set server ${self.backend}/${self.name} state ${leaving ? "maint" : "ready"}`);
}

/** @param state what `show servers state` prints */
export function isLeaving(state: string): boolean {
  return parseServersState(state).some((server) => server.backend === self.backend && server.name === self.name && server.admin === "maint");
}
