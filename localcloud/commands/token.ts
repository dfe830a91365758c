import { type Command, parse, positionals } from "../cli/command.ts";
import { UsageError } from "../cli/errors.ts";
import { tell } from "../client.ts";

export const token: Command = {
  summary: "make an API token with the scopes named, and no others",
  usage: ["create --scopes SCOPE,SCOPE [--name NAME]"],
  help: [
    "The token is printed once and kept nowhere; one of the same name stops working. \"*\" is every scope.",
    "",
    "  localcloud token create --scopes reserved_ip:read,reserved_ip:update,droplet:read --name lb",
  ],
  async run(args, output) {
    const { values, positionals: given } = parse(args, { scopes: { type: "string" }, name: { type: "string", default: "localcloud-token" } });
    const [verb] = positionals(given, ["create"]);
    if (verb !== "create") throw new UsageError(`there is no "token ${verb ?? ""}"; there is "token create"`);
    if (typeof values.scopes !== "string") throw new UsageError("--scopes is missing");
    const scopes = values.scopes.split(",").map((scope) => scope.trim()).filter((scope) => scope !== "");
    const name = String(values.name);
    const made = await tell("token", { name, scopes });
    output.result({ name, scopes, token: made.token }, [made.token]);
  },
};
