import { parseArgs } from "node:util";
import { run } from "../make/run.ts";
import { runTarget, UserError } from "../make/steps.ts";
import { benches } from "./list.ts";

function listing(): string[] {
  const width = Math.max(...benches.map(({ name }) => name.length));
  const withSabotage = benches.filter(({ sabotage }) => sabotage !== "");
  return [
    "usage: make bench NAME=<name> [SABOTAGE=1]", "",
    ...benches.map(({ name, minutes, measures }) => `  ${name.padEnd(width)}  ${String(minutes).padStart(3)} min  ${measures}`),
    "", "SABOTAGE=1 makes worse what is measured; the bench must then fail:",
    ...withSabotage.map(({ name, sabotage }) => `  ${name.padEnd(width)}  ${sabotage}`),
  ];
}

await runTarget(async () => {
  const { values, positionals: [name] } = parseArgs({ allowPositionals: true, options: { sabotage: { type: "boolean", default: false } } });
  const print = (line: string): void => { process.stdout.write(`${line}\n`); };
  if (name === undefined) {
    listing().forEach(print);
    return;
  }
  const bench = benches.find((one) => one.name === name);
  if (bench === undefined) throw new UserError(`no bench is called ${name}; there are: ${benches.map((one) => one.name).join(", ")}`);
  if (values.sabotage && bench.sabotage === "") throw new UserError(`the bench ${name} has nothing that must hold, so nothing to sabotage`);
  const { code } = await run(process.execPath, [bench.program, ...values.sabotage ? ["--sabotage"] : []], {
    env: { ...process.env, ...bench.env }, limitMs: bench.minutes * 3 * 60_000, onLine: print,
  });
  process.exitCode = code;
});
