import { delimiter } from "node:path";
import { type Command } from "./command.ts";
import { UsageError, UserError } from "./errors.ts";
import { createOutput } from "./output.ts";
import { CloudError } from "../client.ts";
import { actionTime } from "../commands/actionTime.ts";
import { api } from "../commands/api.ts";
import { console as consoleEnd } from "../commands/console.ts";
import { credentials } from "../commands/credentials.ts";
import { down } from "../commands/down.ts";
import { exec } from "../commands/exec.ts";
import { fill, unfill } from "../commands/fill.ts";
import { freeze, thaw } from "../commands/freeze.ts";
import { heal } from "../commands/heal.ts";
import { image } from "../commands/image.ts";
import { logs } from "../commands/logs.ts";
import { lose } from "../commands/lose.ts";
import { partition } from "../commands/partition.ts";
import { power } from "../commands/power.ts";
import { publish, unpublish } from "../commands/publish.ts";
import { run } from "../commands/run.ts";
import { ssh } from "../commands/ssh.ts";
import { status } from "../commands/status.ts";
import { storage } from "../commands/storage.ts";
import { token } from "../commands/token.ts";
import { up } from "../commands/up.ts";

const commands: Record<string, Command> = {
  up, down, status, logs,
  exec, credentials, token,
  ssh, run, console: consoleEnd, power, image,
  publish, unpublish,
  freeze, thaw, partition, lose, heal, fill, unfill,
  api, "action-time": actionTime, storage,
};

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
    createOutput(false).say(overview());
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no verb "${name}". There are: ${Object.keys(commands).join(", ")}`);
  // What stands behind "--" belongs to another program.
  const end = rest.includes("--") ? rest.indexOf("--") : rest.length;
  const own = rest.slice(0, end);
  if (own.includes("--help") || own.includes("-h")) {
    createOutput(false).say(manual(name, command));
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

/** @param argv what follows the program's name */
export async function runProgram(argv: string[]): Promise<void> {
  // Debian's `su` leaves root without the folders of ip, nft and dnsmasq.
  process.env["PATH"] = [process.env["PATH"] ?? "", "/usr/sbin", "/sbin"].join(delimiter);
  // Services of the machines read what we write into their file systems; a hardened host's root may be stricter.
  process.umask(0o022);
  try {
    await main(argv);
  } catch (error) {
    const expected = error instanceof UserError || error instanceof CloudError;
    process.stderr.write(`error: ${expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
