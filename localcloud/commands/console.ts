import { z } from "zod";
import { check, type Command, only, parse } from "../cli/command.ts";
import { tell } from "../client.ts";

export const console: Command = {
  summary: "the end of a machine's console",
  usage: ["NAME [--bytes N]"],
  async run(args, output) {
    const { values, positionals } = parse(args, { bytes: { type: "string", default: "20000" } });
    const bytes = check(z.coerce.number().int().min(1).max(1_000_000), values.bytes, "--bytes");
    const found = await tell("console", { machine: only(positionals, "NAME"), bytes });
    output.result(found, [found.text.trimEnd()]);
  },
};
