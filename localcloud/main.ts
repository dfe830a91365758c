#!/usr/bin/env node
import { type Command } from "./cli/command.ts";
import { UsageError, UserError } from "./cli/errors.ts";
import { createOutput } from "./cli/output.ts";
import { CloudError } from "./client.ts";
import { down } from "./commands/down.ts";
import { exec } from "./commands/exec.ts";
import { status } from "./commands/status.ts";
import { up } from "./commands/up.ts";

const commands: Record<string, Command> = { up, down, status, exec };

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    "localcloud: a cloud on this machine that speaks the providers' APIs and whose droplets are real Debian machines.",
    "",
    "  localcloud VERB [--json]        localcloud VERB --help",
    "",
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "NAME is a droplet's name or id. Exit codes: 0 done, 1 not done, 2 not understood; `exec`, `run` and `ssh` give the command's.",
  ].join("\n");
}

function manual(name: string, { summary, usage, help = [] }: Command): string {
  return [`localcloud ${name}: ${summary}`, "", ...usage.map((line) => `  localcloud ${name} ${line}`.trimEnd()), ...(help.length > 0 ? ["", ...help] : [])].join("\n");
}

async function main(argv: string[]): Promise<void> {
  const [name = "--help", ...rest] = argv;
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(`${overview()}\n`);
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no verb "${name}". There are: ${Object.keys(commands).join(", ")}`);
  // What stands behind "--" belongs to another program.
  const end = rest.includes("--") ? rest.indexOf("--") : rest.length;
  const own = rest.slice(0, end);
  if (own.includes("--help") || own.includes("-h")) {
    process.stdout.write(`${manual(name, command)}\n`);
    return;
  }
  const json = own.includes("--json");
  const args = [...own.filter((arg) => arg !== "--json"), ...rest.slice(end)];
  try {
    await command.run(args, createOutput(json));
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${name}: ${error.message}\n\n${manual(name, command)}`);
    throw error;
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const expected = error instanceof UserError || error instanceof CloudError;
  process.stderr.write(`error: ${expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
