import { z } from "zod";
import { check, type Command, only, parse } from "../cli/command.ts";
import { tell } from "../client.ts";

const milliseconds = z.coerce.number().int().min(1).max(600_000);

/** A machine that hangs: its links stay up and nobody answers on them. */
export const freeze: Command = {
  summary: "stop every process of a machine where it is, links up",
  usage: ["NAME [--for MILLISECONDS]"],
  help: ["With --for it goes on by itself, and the command ends then: the time is measured by the cloud, to a few milliseconds."],
  async run(args, output) {
    const { values, positionals } = parse(args, { for: { type: "string" } });
    const machine = only(positionals, "NAME");
    if (values.for === undefined) {
      await tell("freeze", { machine, frozen: true });
      output.result({ machine, frozen: true }, [`${machine} is frozen; \`localcloud thaw ${machine}\` lets it go on.`]);
      return;
    }
    const wanted = check(milliseconds, values.for, "--for");
    const stalled = await tell("stall", { machine, milliseconds: wanted }, wanted + 30_000);
    output.result({ machine, frozen: false, ...stalled }, [`${machine} was frozen for ${stalled.milliseconds} ms and goes on.`]);
  },
};

export const thaw: Command = {
  summary: "let a frozen machine go on",
  usage: ["NAME"],
  async run(args, output) {
    const machine = only(parse(args, {}).positionals, "NAME");
    await tell("freeze", { machine, frozen: false });
    output.result({ machine, frozen: false }, [`${machine} goes on.`]);
  },
};
