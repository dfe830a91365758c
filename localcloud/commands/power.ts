import { z } from "zod";
import { check, type Command, parse, positionals } from "../cli/command.ts";
import { tell } from "../client.ts";

const changeSchema = z.enum(["on", "off", "shutdown", "reboot", "loss"], { error: "must be on, off, shutdown, reboot or loss" });

const done = {
  on: "has booted",
  off: "is switched off",
  shutdown: "has shut down",
  reboot: "has booted again",
  loss: "has lost power; the API goes on saying \"active\"",
} as const;

export const power: Command = {
  summary: "switch a machine on or off, or let it lose its power",
  usage: ["NAME on|off|shutdown|reboot|loss"],
  help: ["\"loss\": its links go down first, so that nobody hears of it, then it is killed. The API is not told."],
  async run(args, output) {
    const [machine = "", wanted] = positionals(parse(args, {}).positionals, ["NAME", "on|off|shutdown|reboot|loss"]);
    const change = check(changeSchema, wanted, "the change");
    await tell("power", { machine, change });
    output.result({ machine, change }, [`${machine} ${done[change]}.`]);
  },
};
