import { type Command, parse, positionals } from "../cli/command.ts";
import { tell } from "../client.ts";

export const heal: Command = {
  summary: "end partitions and packet loss, of one machine or of all",
  usage: ["[NAME]"],
  async run(args, output) {
    const [machine = null] = positionals(parse(args, {}).positionals, ["[NAME]"]);
    await tell("heal", { machine });
    output.result({ machine }, [`Partitions and packet loss of ${machine ?? "all machines"} are over.`]);
  },
};
