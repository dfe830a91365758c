import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { become } from "../cli/become.ts";
import { type Command, only, parse, splitCommand } from "../cli/command.ts";
import { UserError } from "../cli/errors.ts";
import { tell } from "../client.ts";
import { cloudNamespaceFile } from "../lifecycle/namespaces.ts";
import { insideArgv, terminalArgv } from "../machines/inside.ts";
import { runDir } from "../paths.ts";
import { type Hop, renderSshConfig } from "./sshConfig.ts";
import { leaderOf } from "./leader.ts";

export const ssh: Command = {
  summary: "a shell on a machine, by its console or, with a key, by SSH itself",
  usage: ["NAME [-- COMMAND]", "NAME --identity FILE [--jump NAME,NAME] [-- COMMAND]"],
  help: [
    "Without a key it goes by the machine's own terminal, as root, whatever its network is like. With the key that was given",
    "to the droplet it is SSH over the cloud's network; a private machine is reached through the first bastion that runs.",
  ],
  async run(args) {
    const { before, command } = splitCommand(args);
    const { values, positionals } = parse(before, { identity: { type: "string" }, jump: { type: "string" } });
    const name = only(positionals, "NAME");
    if (typeof values.identity !== "string") {
      const leader = await leaderOf(name);
      become(command.length === 0 ? terminalArgv(leader) : insideArgv(leader, command));
    }
    const target = await hop(name);
    const jumps = typeof values.jump === "string" ? values.jump.split(",") : [];
    const jump = await firstRunning(jumps);
    const config = join(runDir, `ssh-${target.name}.conf`);
    writeFileSync(config, renderSshConfig([target, ...(jump === null ? [] : [jump])], values.identity), { mode: 0o600 });
    become([
      "nsenter", `--net=${cloudNamespaceFile}`, "--",
      "ssh", "-F", config, ...(jump === null ? [] : ["-J", jump.name]), target.name, ...(command.length === 0 ? [] : ["--", ...command]),
    ]);
  },
};

async function hop(machine: string): Promise<Hop> {
  const found = await tell("locate", { machine });
  return { name: found.name, address: found.public ?? found.private };
}

async function firstRunning(names: string[]): Promise<Hop | null> {
  for (const machine of names) {
    const { leader } = await tell("locate", { machine });
    if (leader !== null) return hop(machine);
  }
  if (names.length > 0) throw new UserError(`none of ${names.join(", ")} is running`);
  return null;
}
