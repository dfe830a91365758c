import { become } from "../cli/become.ts";
import { type Command, only, splitCommand } from "../cli/command.ts";
import { UsageError } from "../cli/errors.ts";
import { insideArgv } from "../machines/inside.ts";
import { leaderOf } from "./leader.ts";

export const run: Command = {
  summary: "run a command on a machine, as root",
  usage: ["NAME -- COMMAND [ARGUMENT...]"],
  help: [
    "The machine's own init starts it, with the machine's limits and rights, whatever its network is like. Input, output and",
    "exit code are the command's own.",
    "",
    "  localcloud run app-1 -- systemctl status quickcart-release",
  ],
  async run(args) {
    const { before, command } = splitCommand(args);
    const name = only(before, "NAME");
    if (command.length === 0) throw new UsageError("the command is missing; write it behind \"--\"");
    become(insideArgv(await leaderOf(name), command));
  },
};
