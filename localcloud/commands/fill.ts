import { type Command, only, parse } from "../cli/command.ts";
import { tell } from "../client.ts";

function filling(full: boolean): Command {
  return {
    summary: full ? "fill a machine's disk to the last block" : "free what filled a machine's disk",
    usage: ["NAME"],
    async run(args, output) {
      const machine = only(parse(args, {}).positionals, "NAME");
      await tell("fill", { machine, full });
      output.result({ machine, full }, [full ? `The disk of ${machine} is full; \`localcloud unfill ${machine}\` frees it.` : `The disk of ${machine} has its space again.`]);
    },
  };
}

export const fill = filling(true);
export const unfill = filling(false);
