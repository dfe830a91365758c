import { z } from "zod";
import { check, type Command, parse, positionals } from "../cli/command.ts";
import { UsageError } from "../cli/errors.ts";
import { tell } from "../client.ts";
import { type Input } from "../operations.ts";

const methods = z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);

export const api: Command = {
  summary: "make the providers' API fail, slow, silent or well again",
  usage: ["fail STATUS [--retry-after SECONDS] [FILTER]", "slow MILLISECONDS [FILTER]", "hang [FILTER]", "hangup [FILTER]", "ok"],
  help: [
    "FILTER: [--count N] [--path REGEXP] [--method METHOD]; without one every request is struck until `api ok`.",
    "",
    "  localcloud api fail 503 --retry-after 2 --count 3 --path '^/v2/reserved_ips/'",
  ],
  async run(args, output) {
    const { values, positionals: given } = parse(args, {
      count: { type: "string" }, path: { type: "string" }, method: { type: "string" }, "retry-after": { type: "string" },
    });
    const [kind, figure] = positionals(given, ["fail|slow|hang|hangup|ok", "[STATUS or MILLISECONDS]"]);
    if (kind === "ok") {
      await tell("apiHeal", {});
      output.result({ faults: [] }, ["The API is well again."]);
      return;
    }
    const filter = {
      ...(values.count === undefined ? {} : { count: check(z.coerce.number().int().min(1), values.count, "--count") }),
      ...(typeof values.path === "string" ? { path: values.path } : {}),
      ...(values.method === undefined ? {} : { method: check(methods, values.method, "--method") }),
    };
    const after = values["retry-after"];
    const fault: Input<"apiFault"> = {
      ...filter,
      ...readKind(kind, figure),
      ...(after === undefined ? {} : { retryAfter: check(z.coerce.number().int().min(0), after, "--retry-after") }),
    };
    await tell("apiFault", fault);
    output.result({ fault }, [`The API: ${kind ?? ""} ${figure ?? ""}`.trimEnd() + ` for ${describe(filter)}. \`localcloud api ok\` ends it.`]);
  },
};

function readKind(kind: string | undefined, figure: string | undefined): Pick<Input<"apiFault">, "kind" | "status" | "milliseconds"> {
  switch (kind) {
    case "fail": return { kind: "status", status: check(z.coerce.number().int().min(400).max(599), figure, "STATUS") };
    case "slow": return { kind: "delay", milliseconds: check(z.coerce.number().int().min(0), figure, "MILLISECONDS") };
    case "hang":
    case "hangup":
      return { kind };
    default: throw new UsageError(`there is no fault "${kind ?? ""}"; there are fail, slow, hang, hangup, and ok to end them`);
  }
}

function describe({ count, path, method }: { count?: number; path?: string; method?: string }): string {
  const which = `${method === undefined ? "" : `${method} `}requests${path === undefined ? "" : ` to ${path}`}`;
  return count === undefined ? `all ${which}` : `the next ${count} ${which}`;
}
