import { z } from "zod";
import { check, type Command, parse, positionals } from "../cli/command.ts";
import { tell } from "../client.ts";

export const lose: Command = {
  summary: "drop a share of the packets that a machine receives",
  usage: ["NAME PERCENT"],
  async run(args, output) {
    const [machine = "", share] = positionals(parse(args, {}).positionals, ["NAME", "PERCENT"]);
    const percent = check(z.coerce.number().min(0).max(100), share, "PERCENT");
    await tell("lose", { machine, percent });
    output.result({ machine, percent }, [percent === 0 ? `${machine} receives every packet again.` : `${machine} loses ${percent} % of the packets it should receive.`]);
  },
};
