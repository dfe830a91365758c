import { type Command, parse, positionals } from "../cli/command.ts";
import { tell } from "../client.ts";
import { isUp } from "../lifecycle/launch.ts";
import { countMachines } from "./up.ts";

export const status: Command = {
  summary: "what runs, what is broken on purpose, what is published",
  usage: [""],
  async run(args, output) {
    positionals(parse(args, {}).positionals, []);
    const found = await tell("status", {});
    const outside = await isUp("outside");
    const faults = [
      ...found.faults.api.map((fault) => `the API: ${JSON.stringify(fault)}`),
      ...(found.faults.storage === "none" ? [] : [`the object storage: ${found.faults.storage}`]),
    ];
    output.result({ ...found, outside }, [
      `${found.ready ? "Up" : `Not ready (${found.stage})`} since ${found.startedAt}, daemon ${found.pid}, ${countMachines(found)}; an action takes ${found.actionSeconds} s; new droplets start from the ${found.image} image.`,
      ...(outside ? [] : ["The process on the host's network is gone: no port is published and no package can be had. `localcloud up` starts it."]),
      ...table(found.machines.map((machine) => [
        String(machine.id),
        machine.name,
        machine.status,
        machine.running ? "running" : "no power",
        machine.public ?? "-",
        machine.private,
        machine.memory === null ? "-" : `${Math.round(machine.memory / 1024 / 1024)} MiB`,
      ]), ["id", "name", "API says", "in truth", "public", "private", "memory"]),
      ...found.published.map(({ port, to }) => `127.0.0.1:${port} -> ${to}`),
      ...faults.map((fault) => `On purpose: ${fault}`),
    ]);
  },
};

function table(rows: string[][], head: string[]): string[] {
  if (rows.length === 0) return [];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? "").length)));
  return [head, ...rows].map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd()}`);
}
