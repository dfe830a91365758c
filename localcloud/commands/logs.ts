import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { become } from "../cli/become.ts";
import { check, type Command, parse, positionals } from "../cli/command.ts";
import { UserError } from "../cli/errors.ts";
import { outsideLog } from "../outside/sockets.ts";
import { stateDir } from "../paths.ts";

export const logs: Command = {
  summary: "what the cloud wrote down: one JSON object a line",
  usage: ["[--lines N] [--follow] [--outside]"],
  help: ["--outside: of the process on the host's network (published ports, packages) instead of the daemon's."],
  run(args) {
    const { values, positionals: given } = parse(args, {
      lines: { type: "string", default: "100" }, follow: { type: "boolean" }, outside: { type: "boolean" },
    });
    positionals(given, []);
    const lines = check(z.coerce.number().int().min(0), values.lines, "--lines");
    const file = values.outside === true ? outsideLog : join(stateDir, "daemon.log");
    if (!existsSync(file)) throw new UserError(`there is no log ${file}: the local cloud is not up`);
    return Promise.resolve(become(["tail", `--lines=${lines}`, ...(values.follow === true ? ["--follow=name"] : []), file]));
  },
};
