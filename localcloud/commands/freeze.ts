import { type Command, only, parse } from "../cli/command.ts";
import { tell } from "../client.ts";

/** A machine that hangs: its links stay up and nobody answers on them. */
function freezing(frozen: boolean): Command {
  return {
    summary: frozen ? "stop every process of a machine where it is, links up" : "let a frozen machine go on",
    usage: ["NAME"],
    async run(args, output) {
      const machine = only(parse(args, {}).positionals, "NAME");
      await tell("freeze", { machine, frozen });
      output.result({ machine, frozen }, [frozen ? `${machine} is frozen; \`localcloud thaw ${machine}\` lets it go on.` : `${machine} goes on.`]);
    },
  };
}

export const freeze = freezing(true);
export const thaw = freezing(false);
