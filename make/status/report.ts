import { type Canary, type Release } from "../../agents/documents.ts";
import { type Slot, slots } from "../../agents/slots.ts";
import type { OwnStatus } from "../../agents/redis/ownStatus.ts";
import { type Status } from "../../localcloud/operations.ts";
import { type Answer, byName, inOrder, type Said } from "./answer.ts";
import type { DatabaseFacts } from "./askDatabase.ts";
import { assembleDatabase, databaseRemark, type DatabaseReport, renderDatabase } from "./database.ts";
import { assembleRedis, type RedisReport, renderRedis } from "./redis.ts";
import { table } from "./words.ts";

export interface LoadBalancerFacts {
  /** MASTER, BACKUP, FAULT or STOP. */
  vrrp: string | null;
  leaving: boolean;
  servers: { name: string; state: string }[];
}

export interface SlotFacts {
  slot: Slot;
  /** Hash of the bundle that it starts; null when it is free. */
  bundle: string | null;
  /** Of its unit, as systemd says it. */
  active: string;
}

export interface AppServerFacts {
  slots: SlotFacts[];
  /** Hashes of bundles that it could not serve. */
  failed: string[];
}

export interface Facts {
  cloud: Status;
  /** null before a first `make up` has ended. */
  floatingAddress: string | null;
  /** null: nobody. */
  holder: Answer<string | null>;
  releases: Answer<{ base: Release | null; canary: Canary | null }>;
  loadBalancers: Said<LoadBalancerFacts>[];
  appServers: Said<AppServerFacts>[];
  databases: Said<DatabaseFacts>[];
  redis: Said<OwnStatus>[];
  /** When they were asked, in milliseconds since 1970. */
  now: number;
}

export interface Report {
  /** When it was asked for. */
  at: string;
  urls: string[];
  floatingAddress: { address: string | null; holder: string | null; unknown: string | null };
  machines: { id: number; name: string; tier: string; running: boolean; says: string; public: string | null; private: string }[];
  loadBalancers: { id: number; name: string; vrrp: string | null; holds: boolean | null; leaving: boolean | null; unknown: string | null }[];
  appServers: {
    id: number;
    name: string;
    unknown: string | null;
    slots: { slot: Slot; bundle: string | null; wanted: boolean | null; active: string; health: Record<string, string> }[];
    failed: string[];
  }[];
  releases: { base: string | null; canary: { machine: string; app: string } | null; unknown: string | null };
  database: DatabaseReport;
  redis: RedisReport[];
  brokenOnPurpose: string[];
}

/** Pure: puts side by side what each of them said. */
export function assemble({ cloud, floatingAddress, holder, releases, loadBalancers, appServers, databases, redis, now }: Facts): Report {
  const documents = releases.ok ? releases.value : null;
  const wantedBy = (name: string): string | null =>
    documents === null ? null : (documents.canary?.machine === name ? documents.canary.app : documents.base?.app) ?? null;
  const servers = loadBalancers.flatMap(({ machine, answer }) => answer.ok ? answer.value.servers.map((server) => ({ lb: machine.name, ...server })) : []);
  return {
    at: new Date(now).toISOString(),
    urls: cloud.published.filter(({ to }) => to === `${floatingAddress ?? ""}:443`).map(({ port }) => `https://localhost:${port}/`),
    floatingAddress: { address: floatingAddress, holder: holder.ok ? holder.value : null, unknown: holder.ok ? null : holder.why },
    machines: cloud.machines.toSorted(byName).map(({ id, name, running, status, ...addresses }) =>
      ({ id, name, tier: tierOf(name), running, says: status, public: addresses.public, private: addresses.private })),
    loadBalancers: inOrder(loadBalancers).map(({ machine: { id, name }, answer: said }) => ({
      id,
      name,
      vrrp: said.ok ? said.value.vrrp : null,
      holds: holder.ok ? holder.value === name : null,
      leaving: said.ok ? said.value.leaving : null,
      unknown: said.ok ? null : said.why,
    })),
    appServers: inOrder(appServers).map(({ machine: { id, name, private: address }, answer: said }) => {
      const wanted = wantedBy(name);
      const bySlot = new Map((said.ok ? said.value.slots : []).map((facts) => [facts.slot, facts]));
      return {
        id,
        name,
        unknown: said.ok ? null : said.why,
        slots: slots.map((slot) => {
          const { bundle = null, active = "unknown" } = bySlot.get(slot) ?? {};
          const seen = servers.filter(({ name: server }) => server === `${name}:${address}:${slot}`);
          return { slot, bundle, wanted: bundle === null || wanted === null ? null : bundle === wanted, active, health: Object.fromEntries(seen.map(({ lb, state }) => [lb, state])) };
        }),
        failed: said.ok ? said.value.failed : [],
      };
    }),
    releases: {
      base: documents?.base?.app ?? null,
      canary: documents?.canary ? { machine: documents.canary.machine, app: documents.canary.app } : null,
      unknown: releases.ok ? null : releases.why,
    },
    database: assembleDatabase(databases),
    redis: assembleRedis(redis),
    brokenOnPurpose: [
      ...cloud.faults.api.map((fault) => `the API: ${JSON.stringify(fault)}`),
      ...(cloud.faults.storage === "none" ? [] : [`the object storage: ${cloud.faults.storage}`]),
    ],
  };
}

/** Machines are named by their tier and a number. */
export const tierOf = (name: string): string => name.replace(/-\d+$/, "");

const short = (hash: string): string => hash.slice(0, 8);

/** For people. */
export function render(report: Report): string[] {
  const { floatingAddress: floating, releases } = report;
  const holder = floating.unknown !== null ? `not known: ${floating.unknown}` : floating.holder === null ? "held by nobody" : `held by ${floating.holder}`;
  const canary = releases.canary === null ? "" : `; canary ${short(releases.canary.app)} on ${releases.canary.machine}`;
  const lbNames = report.loadBalancers.map(({ name }) => name);
  return [
    `Site               ${report.urls.join(" ") || "not published on this machine"}`,
    `Floating address   ${[floating.address ?? "", holder].filter(Boolean).join(", ")}`,
    `Wanted release     ${releases.unknown !== null ? `not known: ${releases.unknown}` : `${releases.base === null ? "none" : short(releases.base)}${canary}`}`,
    "",
    ...table(["machine", "power", "API says", "public", "private", "what it says"], report.machines.map((machine) => [
      machine.name, machine.running ? "on" : "OFF", machine.says, machine.public ?? "-", machine.private, remark(report, machine.id),
    ])),
    "",
    ...table(["app server", "slot", "version", "unit", ...lbNames], report.appServers.flatMap(({ name, slots: all, failed }) => [
      ...all.map(({ slot, bundle, wanted, active, health }) => [
        name, slot, bundle === null ? "-" : `${short(bundle)}${wanted === false ? " (not wanted)" : ""}`, active, ...lbNames.map((lb) => seenBy(health[lb], bundle, active)),
      ]),
      ...failed.map((hash) => [name, "", `${short(hash)} FAILED`, "see its journal", ...lbNames.map(() => "")]),
    ])),
    ...[renderDatabase(report.database, Date.parse(report.at)), renderRedis(report.redis)].flatMap((lines) => lines.length === 0 ? [] : ["", ...lines]),
    ...(report.brokenOnPurpose.length === 0 ? [] : ["", ...report.brokenOnPurpose.map((fault) => `Broken on purpose: ${fault}`)]),
  ];
}

/** That nobody answers in a free slot is as it should be. */
function seenBy(state: string | undefined, bundle: string | null, active: string): string {
  return bundle === null && active === "inactive" && state === "down" ? "-" : state ?? "?";
}

function remark({ loadBalancers, appServers, database, redis }: Report, id: number): string {
  const lb = loadBalancers.find((one) => one.id === id);
  if (lb) return lb.unknown ?? [`VRRP ${lb.vrrp ?? "not known"}`, lb.holds === true ? "holds the address" : "", lb.leaving === true ? "leaving" : ""].filter(Boolean).join(", ");
  return databaseRemark(database, id) ?? [...appServers, ...redis].find((one) => one.id === id)?.unknown ?? "";
}
