import { check, type Command, parse, positionals } from "../cli/command.ts";
import { UsageError } from "../cli/errors.ts";
import { tell } from "../client.ts";
import { z } from "zod";

const portSchema = z.coerce.number().int().min(1).max(65535);

export const partition: Command = {
  summary: "cut a machine off from another, or from everything",
  usage: ["NAME [NAME] [--only tcp/PORT|udp/PORT]"],
  help: [
    "Both ways and at once, established connections too; `localcloud heal` ends it.",
    "",
    "  localcloud partition app-1 bastion-1 --only udp/4789",
  ],
  async run(args, output) {
    const parsed = parse(args, { only: { type: "string" } });
    const [from = "", to = null] = positionals(parsed.positionals, ["NAME", "[NAME]"]);
    const only = typeof parsed.values.only === "string" ? readOnly(parsed.values.only) : null;
    await tell("partition", { from, to, only });
    const what = only === null ? "Nothing" : `No ${only.protocol.toUpperCase()} of port ${only.port}`;
    output.result({ from, to, only }, [`${what} passes between ${from} and ${to ?? "anybody"} any more.`]);
  },
};

export function readOnly(text: string): { protocol: "tcp" | "udp"; port: number } {
  const [, protocol, port] = /^(tcp|udp)\/(\d+)$/.exec(text) ?? [];
  if (protocol !== "tcp" && protocol !== "udp") throw new UsageError(`--only: ${JSON.stringify(text)}: must be tcp/PORT or udp/PORT, e.g. udp/4789`);
  return { protocol, port: check(portSchema, port, "--only's port") };
}
