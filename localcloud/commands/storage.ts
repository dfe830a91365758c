import { z } from "zod";
import { check, type Command, only, parse } from "../cli/command.ts";
import { tell } from "../client.ts";

const said = {
  none: "The object storage serves again.",
  refused: "The object storage is down: connections are refused.",
  unavailable: "The object storage answers every request with 503 SlowDown.",
} as const;

export const storage: Command = {
  summary: "take the object storage down and up",
  usage: ["down [--answer 503]", "up"],
  help: ["Down, it refuses connections; with --answer 503 it takes them and answers SlowDown."],
  async run(args, output) {
    const { values, positionals } = parse(args, { answer: { type: "string" } });
    const wanted = check(z.enum(["down", "up"], { error: "must be down or up" }), only(positionals, "down|up"), "the change");
    if (values.answer !== undefined) check(z.literal("503", { error: "only 503 is served" }), values.answer, "--answer");
    const fault = wanted === "up" ? "none" : values.answer === undefined ? "refused" : "unavailable";
    await tell("storageFault", { fault });
    output.result({ fault }, [said[fault]]);
  },
};
