import type { Machine } from "../../../agents/documents.ts";
import type { ServerState } from "../../../agents/lb/serverState.ts";
import { commandsOf, drainMs, planServers, type Pool, type Server, serverLines, stayMs, type Step, wantedServers } from "../../../agents/lb/servers.ts";

const machine = (name: string, privateAddress: string, tier = "app"): Machine => ({ name, tier, privateAddress, publicAddress: null });
const slot = (name: string): Server => ({ name, address: name.split(":")[1] ?? "", port: name.endsWith("green") ? 3001 : 3000 });

test("wants both slots of every app server, and of nobody else", () => {
  expect(wantedServers([machine("bastion-1", "10.10.0.2", "bastion"), machine("app-1", "10.10.0.5")], 3000)).toEqual([
    { name: "app-1:10.10.0.5:blue", address: "10.10.0.5", port: 3000 },
    { name: "app-1:10.10.0.5:green", address: "10.10.0.5", port: 3001 },
  ]);
});

/** `ready up`, `drain down unchecked`, `maint unwatched` ... */
function state(name: string, words: string): ServerState {
  const has = (word: string): boolean => words.split(" ").includes(word);
  return {
    ...slot(name), backend: "app",
    admin: has("maint") ? "maint" : has("drain") ? "drain" : "ready",
    health: has("down") ? "down" : has("stopping") ? "stopping" : "up",
    checked: !has("unchecked"), watched: !has("unwatched"),
  };
}

const a = "app-1:10.10.0.5:blue";
const aGreen = "app-1:10.10.0.5:green";
const b = "app-2:10.10.0.6:blue";
const old = "app-1:10.10.0.9:blue";
const say = (step: Step): string => `${step.act} ${step.server.name}${"why" in step ? `: ${step.why}` : ""}`;

interface Case {
  wanted: string[];
  actual: Record<string, string>;
  /** Milliseconds since `old` left. */
  leftMs?: number;
  connections?: number;
  steps: string[];
}

test.each<[string, Case]>([
  ["a new server is added", { wanted: [a], actual: {}, steps: [`add ${a}`] }],
  ["it waits for its first check", { wanted: [a], actual: { [a]: "drain up unchecked" }, steps: [] }],
  ["a check that passed lets it in", { wanted: [a], actual: { [a]: "drain up" }, steps: [`ready ${a}`] }],
  ["a check that failed too: HAProxy knows that it is down", { wanted: [a], actual: { [a]: "drain down" }, steps: [`ready ${a}`] }],
  ["whoever is in has what it wants", { wanted: [a, aGreen], actual: { [a]: "ready up", [aGreen]: "ready down" }, steps: [] }],
  ["checks that stand still are set going, or it would count as up for ever", { wanted: [a], actual: { [a]: "ready up unwatched" }, steps: [`check ${a}`] }],
  ["an agent that died half-way left it in maintenance", { wanted: [a], actual: { [a]: "maint up" }, steps: [`check ${a}`] }],
  ["one that left serves on while its successor is not healthy", { wanted: [a], actual: { [a]: "ready down", [old]: "ready up" }, steps: [] }],
  ["or is healthy, and not let in yet", { wanted: [a], actual: { [a]: "drain up unchecked", [old]: "ready up" }, steps: [] }],
  ["or takes nothing new", { wanted: [a], actual: { [a]: "ready stopping", [old]: "ready up" }, steps: [] }],
  ["or one other of the document is not", { wanted: [a, b], actual: { [a]: "ready up", [b]: "ready down", [old]: "ready up" }, steps: [] }],
  ["any slot will do", {
    wanted: [a, aGreen], actual: { [a]: "ready down", [aGreen]: "ready up", [old]: "ready up" }, steps: [`drain ${old}: all servers of the document serve`],
  }],
  ["ten minutes are enough", { wanted: [a], actual: { [a]: "ready down", [old]: "ready up" }, leftMs: stayMs, steps: [`drain ${old}: it left the document 10 minutes ago`] }],
  ["one that left and does not serve need not stay", { wanted: [a], actual: { [a]: "ready down", [old]: "ready down" }, steps: [`drain ${old}: it does not serve`] }],
  ["it finishes what it has", { wanted: [a], actual: { [a]: "ready up", [old]: "drain up" }, connections: 1, steps: [] }],
  ["then it goes", { wanted: [a], actual: { [a]: "ready up", [old]: "drain up" }, connections: 0, steps: [`remove ${old}`] }],
  ["but not for ever", { wanted: [a], actual: { [a]: "ready up", [old]: "drain up" }, connections: 1, leftMs: stayMs + drainMs, steps: [`remove ${old}`] }],
  ["a removal that was cut short is finished", { wanted: [a], actual: { [a]: "ready up", [old]: "maint up" }, steps: [`remove ${old}`] }],
  ["a document without app servers takes nobody out", { wanted: [], actual: { [old]: "ready up" }, leftMs: 2 * stayMs, steps: [] }],
  ["one that comes back is let in again", { wanted: [a], actual: { [a]: "drain up" }, connections: 3, steps: [`ready ${a}`] }],
])("%s", (_, { wanted, actual, leftMs, connections = 0, steps }) => {
  const pool: Pool = {
    wanted: wanted.map(slot),
    actual: Object.entries(actual).map(([name, words]) => state(name, words)),
    connections: new Map([[old, connections]]),
    leftAt: leftMs === undefined ? new Map() : new Map([[old, 1_000_000 - leftMs]]),
    now: 1_000_000,
  };
  expect(planServers(pool).map(say)).toEqual(steps);
});

const checks = "check inter 500ms fastinter 200ms rise 2 fall 2";

test.each<[Step["act"], string[]]>([
  ["add", [`add server app/${a} 10.10.0.5:3000 ${checks}`, `set server app/${a} state drain`, `enable health app/${a}`]],
  ["check", [`set server app/${a} state drain`, `enable health app/${a}`]],
  ["ready", [`set server app/${a} state ready`]],
  ["drain", [`set server app/${a} state drain`]],
  ["remove", [`set server app/${a} state maint`, `wait 2s srv-removable app/${a}`, `del server app/${a}`]],
])("%s in HAProxy's words", (act, words) => {
  expect(commandsOf({ act, server: slot(a), why: "" }).map((command) => command.words)).toEqual(words);
});

test("HAProxy starts with the same servers, watched the same way", () => {
  expect(serverLines([slot(b), slot(a)])).toBe(`\tserver ${a} 10.10.0.5:3000 ${checks}\n\tserver ${b} 10.10.0.6:3000 ${checks}\n`);
});
