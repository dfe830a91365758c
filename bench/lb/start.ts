import { join } from "node:path";
import { paths } from "../../agents/lb/paths.ts";
import { waitFor } from "../../make/wait.ts";
import { backendConfiguration, bodies, sizes } from "./backend.ts";
import { formatConfiguration, onPath, parseConfiguration } from "./configuration.ts";
import { makeCertificate, makeTicketKeys } from "./certificate.ts";
import { prefer } from "./cpu.ts";
import { configurationOf, makeMachine, on, pidsOf, put, startHaproxies } from "./machine.ts";
import { appPort, hostName, product } from "./product.ts";
import { oneThread, runsBeside, slowed, variants } from "./variants.ts";

export interface Instance {
  name: string;
  port: number;
  /** Whose CPU is its: HAProxy's, and the journal's, should anything end up there. */
  pids: number[];
}

export interface Running {
  /** Pid of the machine's init on the host. */
  leader: number;
  hostName: string;
  /** PEM, signed by itself. */
  certificate: string;
  /** Bare, and all that the product does. */
  whole: Instance[];
  /** These, bare with each feature alone, and ours without each. */
  single: Instance[];
  /** Which lines each feature stands for. */
  features: Record<string, string[]>;
  /** The file that the log goes to, as seen from the host; null when it goes elsewhere. */
  log: string | null;
}

/** @param sabotaged a feature that no load balancer should have makes ours slow: the bench must then fail */
export async function startAll(size: string, sabotaged: boolean): Promise<Running> {
  const machine = await makeMachine(size);
  const site = await makeCertificate(hostName);
  const rendered = product(site);
  put(machine, { ...rendered.files, [configurationOf("bench-backend")]: backendConfiguration(appPort), ...bodies, [paths.ticketKeys]: await makeTicketKeys() });
  const all = parseConfiguration(`${rendered.configuration}\n${servers}`);
  const { bare, single, without, lines } = variants(all);
  const ours = sabotaged ? slowed(all) : all;
  const beside = [
    ...Array.from({ length: copies }, () => bare), ...Array.from({ length: copies - 1 }, () => ({ name: "ours", sections: onPath(ours) })), ...single, ...without,
  ];
  const started = [
    { name: "ours", port: 443, sections: oneThread(ours) },
    ...beside.map(({ name, sections }, index) => ({ name, port: 4430 + index, sections: runsBeside(sections, 4430 + index) })),
  ].map((one) => ({ ...one, unit: `bench-${one.name.replaceAll(/[^a-z]+/g, "-")}-${one.port}` }));
  for (const { unit, sections } of started) put(machine, { [configurationOf(unit)]: formatConfiguration(sections) });
  const units = ["bench-backend", ...started.map(({ unit }) => unit)];
  await startHaproxies(units, rendered.output);
  prefer(units.flatMap((unit) => pidsOf(machine, unit)));
  await waitFor(
    async () => await on(["sh", "-ec", `for port in ${started.map(({ port }) => port).join(" ")}; do curl -sS --insecure --fail --max-time 2 --output /dev/null https://127.0.0.1:$port/${sizes[0]}; done`]),
    { what: "every HAProxy to answer", limitMs: 20_000 },
  );

  const instances = started.map(({ name, port, unit }) => ({ name, port, pids: [...pidsOf(machine, unit), ...pidsOf(machine, "systemd-journald")] }));
  const file = /^(?:append|file|truncate):(.+)$/.exec(rendered.output)?.[1];
  return {
    leader: machine.leader, hostName, certificate: site.certificate,
    whole: instances.filter(({ name }) => name === "bare" || name === "ours"),
    single: instances.filter(({ name }, index) => instances.findIndex((one) => one.name === name) === index),
    features: lines,
    log: file === undefined ? null : join(`/proc/${machine.leader}/root`, file),
  };
}

/** Where a process happens to lie in memory makes it some per cent faster or slower for as long as it runs. */
const copies = 3;

/** Two app servers, both of them the backend that all variants share. */
const servers = ["app-1", "app-2"].map((name) => `  server ${name}:127.0.0.1:blue 127.0.0.1:${appPort} check\n`).join("");
