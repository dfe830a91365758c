import { z } from "zod";
import { check, type Command, parse, positionals } from "../cli/command.ts";
import { tell } from "../client.ts";
import { type Publication } from "../operations.ts";

const portSchema = z.coerce.number().int().min(1).max(65535);

export const publish: Command = {
  summary: "serve something of the cloud on a port of this machine's 127.0.0.1",
  usage: ["--port PORT --to ADDRESS:PORT"],
  help: [
    "ADDRESS is one that the cloud's network reaches, such as a floating address. It stays until `localcloud unpublish`, also",
    "over restarts.",
  ],
  async run(args, output) {
    const { values, positionals: given } = parse(args, { port: { type: "string" }, to: { type: "string" } });
    positionals(given, []);
    const port = check(portSchema, values.port, "--port");
    const target = readAddress(values.to);
    await tell("publish", { port, target });
    output.result({ port, target }, [`127.0.0.1:${port} leads to ${target.address}:${target.port}.`]);
  },
};

export const unpublish: Command = {
  summary: "give a published port back",
  usage: ["--port PORT"],
  async run(args, output) {
    const { values, positionals: given } = parse(args, { port: { type: "string" } });
    positionals(given, []);
    const port = check(portSchema, values.port, "--port");
    const { was } = await tell("unpublish", { port });
    output.result({ port, was }, [was ? `127.0.0.1:${port} is free again.` : `127.0.0.1:${port} was not published.`]);
  },
};

function readAddress(text: unknown): Publication["target"] {
  const [, address, port] = /^([\d.]+):(\d+)$/.exec(typeof text === "string" ? text : "") ?? [];
  return { address: check(z.ipv4({ error: "must be ADDRESS:PORT, e.g. 198.18.1.1:443" }), address, "--to"), port: check(portSchema, port, "--to's port") };
}
