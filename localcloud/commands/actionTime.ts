import { z } from "zod";
import { check, type Command, only, parse } from "../cli/command.ts";
import { tell } from "../client.ts";

export const actionTime: Command = {
  summary: "how long an action (power, resize, moving a reserved address) takes from now on",
  usage: ["SECONDS"],
  async run(args, output) {
    const seconds = check(z.coerce.number().min(0).max(600), only(parse(args, {}).positionals, "SECONDS"), "SECONDS");
    await tell("actionTime", { seconds });
    output.result({ seconds }, [`An action takes ${seconds} s from now on.`]);
  },
};
