import { type Command, parse, positionals } from "../cli/command.ts";
import { tell } from "../client.ts";

export const credentials: Command = {
  summary: "where the credentials of `exec` are: a file for `env`, readable by root only",
  usage: [""],
  async run(args, output) {
    positionals(parse(args, {}).positionals, []);
    const { credentials: file, ca } = await tell("status", {});
    output.result({ file, ca }, [file]);
  },
};
