import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { check, type Command, parse, positionals } from "../cli/command.ts";
import { UsageError } from "../cli/errors.ts";
import { tell } from "../client.ts";
import { type Publication } from "../operations.ts";

const portSchema = z.coerce.number().int().min(1).max(65535);

export const publish: Command = {
  summary: "serve something of the cloud on a port of this machine's 127.0.0.1",
  usage: [
    "--port PORT --to ADDRESS:PORT",
    "--port PORT --jump NAME,NAME --machine NAME --remote-port PORT --identity FILE",
  ],
  help: [
    "The first form goes to an address that the cloud's network reaches. The second goes to a port of a private machine's own",
    "127.0.0.1, by SSH through the first bastion that answers, and through the next when that one dies. It stays until",
    "`localcloud unpublish`, also over restarts.",
  ],
  async run(args, output) {
    const { values, positionals: given } = parse(args, {
      port: { type: "string" }, to: { type: "string" }, jump: { type: "string" }, machine: { type: "string" },
      "remote-port": { type: "string" }, identity: { type: "string" },
    });
    positionals(given, []);
    const port = check(portSchema, values.port, "--port");
    const target = typeof values.to === "string" ? readAddress(values.to) : readJump(values);
    await tell("publish", { port, target });
    const where = target.kind === "address" ? `${target.address}:${target.port}` : `port ${target.port} of ${target.machine}`;
    output.result({ port, target: { ...target, identity: undefined } }, [`127.0.0.1:${port} leads to ${where}.`]);
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

type Target = Publication["target"];

function readAddress(text: string): Target {
  const [, address, port] = /^([\d.]+):(\d+)$/.exec(text) ?? [];
  return { kind: "address", address: check(z.ipv4({ error: "must be ADDRESS:PORT, e.g. 198.18.1.1:443" }), address, "--to"), port: check(portSchema, port, "--to's port") };
}

function readJump(values: Record<string, unknown>): Target {
  const text = (name: string): string => {
    const value = values[name];
    if (typeof value !== "string" || value === "") throw new UsageError(`--${name} is missing; it is either --to, or --jump, --machine, --remote-port and --identity`);
    return value;
  };
  const identity = resolve(text("identity"));
  if (!existsSync(identity)) throw new UsageError(`--identity: there is no file ${identity}`);
  return { kind: "jump", jumps: text("jump").split(","), machine: text("machine"), port: check(portSchema, text("remote-port"), "--remote-port"), identity };
}
