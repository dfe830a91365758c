import type { Machine } from "../documents.ts";
import { healthCheck, slotPort, slots } from "../slots.ts";
import type { ServerState } from "./serverState.ts";

/** A slot of an app server, as HAProxy knows it. */
export interface Server {
  /** `app-1:10.10.0.5:blue`: a machine that is replaced is another one. */
  name: string;
  address: string;
  port: number;
}

export type Step =
  /** New, and watched: gets no traffic before its first check has come to an end. */
  | { act: "add"; server: Server }
  /** Its checks stand still, and without them it would count as up for ever. */
  | { act: "check"; server: Server }
  /** From here on its health alone decides. */
  | { act: "ready"; server: Server }
  | { act: "drain"; server: Server; why: string }
  | { act: "remove"; server: Server };

export interface Pool {
  wanted: readonly Server[];
  actual: readonly ServerState[];
  /** Connections in use, by name. */
  connections: ReadonlyMap<string, number>;
  /** When a server was first seen that no document names, by name; in milliseconds. */
  leftAt: ReadonlyMap<string, number>;
  now: number;
}

/** How long one that left the document serves on while not every machine of the document has a healthy slot. */
export const stayMs = 10 * 60_000;
/** Longer than any answer takes: what is still under way then is cut off. */
export const drainMs = 60_000;

/** Both slots of every app server: its health says which one serves. */
export function wantedServers(machines: readonly Machine[], appPort: number): Server[] {
  return machines.filter((machine) => machine.tier === "app").flatMap(({ name, privateAddress }) => slots.map((slot) => ({
    name: `${name}:${privateAddress}:${slot}`, address: privateAddress, port: slotPort(appPort, slot),
  })));
}

export const machineOf = (server: string): string => server.slice(0, server.indexOf(":"));

/** What is to be done so that HAProxy serves what the document names, without a moment in which nobody serves. */
export function planServers({ wanted, actual, connections, leftAt, now }: Pool): Step[] {
  const known = new Map(actual.map((server) => [server.name, server]));
  const names = new Set(wanted.map((server) => server.name));
  const arriving = wanted.flatMap((server): Step[] => {
    const state = known.get(server.name);
    if (state === undefined) return [{ act: "add", server }];
    if (!state.watched || state.admin === "maint") return [{ act: "check", server }];
    return state.admin === "drain" && state.checked ? [{ act: "ready", server }] : [];
  });
  // A document without app servers is a mistake, or the end of the site: neither is a reason to stop serving.
  if (wanted.length === 0) return arriving;
  const serving = new Set(actual.filter((server) => names.has(server.name) && takesTraffic(server)).map((server) => machineOf(server.name)));
  const allServe = wanted.every((server) => serving.has(machineOf(server.name)));
  const leaving = actual.filter((server) => !names.has(server.name)).flatMap((server): Step[] => {
    const leftMs = now - (leftAt.get(server.name) ?? now);
    if (server.admin === "maint") return [{ act: "remove", server }];
    if (server.admin === "drain") {
      return (connections.get(server.name) ?? 0) === 0 || leftMs >= stayMs + drainMs ? [{ act: "remove", server }] : [];
    }
    if (!takesTraffic(server)) return [{ act: "drain", server, why: "it does not serve" }];
    if (allServe) return [{ act: "drain", server, why: "all servers of the document serve" }];
    return leftMs >= stayMs ? [{ act: "drain", server, why: `it left the document ${stayMs / 60_000} minutes ago` }] : [];
  });
  return [...arriving, ...leaving];
}

function takesTraffic(server: ServerState): boolean {
  return server.admin === "ready" && server.health === "up";
}

/** How HAProxy looks at a server. Written out for each: one that is added while it runs knows no `default-server`. */
const watching = [
  "check", `inter ${healthCheck.intervalMs}ms`, `fastinter ${healthCheck.fastIntervalMs}ms`,
  `rise ${healthCheck.rise}`, `fall ${healthCheck.fall}`,
].join(" ");

export const backend = "app";

/** A word of the runtime API, and what HAProxy says when it has done it. */
export interface Command {
  words: string;
  expected: string;
}

/**
 * The words for a step. As found with HAProxy 3.0.11: a new server is in maintenance, with checks that stand still; leaving
 * maintenance counts as up before any check, leaving drain does not; in drain it is checked; `shutdown-sessions` also strikes
 * at maintenance, so that only a drained server may be put there; deleting wants maintenance and no connection.
 */
export function commandsOf(step: Step): Command[] {
  const { name, address, port } = step.server;
  const target = `${backend}/${name}`;
  const silent = (words: string): Command => ({ words, expected: "" });
  const checked = [silent(`set server ${target} state drain`), silent(`enable health ${target}`)];
  switch (step.act) {
    case "add": return [{ words: `add server ${target} ${address}:${port} ${watching}`, expected: "New server registered." }, ...checked];
    case "check": return checked;
    case "ready": return [silent(`set server ${target} state ready`)];
    case "drain": return [silent(`set server ${target} state drain`)];
    case "remove": return [
      silent(`set server ${target} state maint`),
      { words: `wait 2s srv-removable ${target}`, expected: "Done." },
      { words: `del server ${target}`, expected: "Server deleted." },
    ];
    default: return step satisfies never;
  }
}

/** The end of HAProxy's configuration: it starts and reloads with the servers that it has. */
export function serverLines(servers: readonly Server[]): string {
  return servers
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map(({ name, address, port }) => `\tserver ${name} ${address}:${port} ${watching}\n`)
    .join("");
}
