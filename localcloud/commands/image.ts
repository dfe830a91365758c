import { z } from "zod";
import { check, type Command, only, parse } from "../cli/command.ts";
import { tell } from "../client.ts";

export const image: Command = {
  summary: "which image the next droplets start from",
  usage: ["bare|baked"],
  help: ["\"baked\" has every role's packages already, \"bare\" none: it proves that user-data names all that it needs."],
  async run(args, output) {
    const kind = check(z.enum(["bare", "baked"], { error: "must be bare or baked" }), only(parse(args, {}).positionals, "bare|baked"), "the image");
    await tell("image", { kind });
    output.result({ image: kind }, [`Droplets made from now on start from the ${kind} image.`]);
  },
};
