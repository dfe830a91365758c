import { parseArgs, type ParseArgsConfig } from "node:util";
import { type z } from "zod";
import { messageOf } from "../files.ts";
import { type Output } from "./output.ts";
import { UsageError } from "./errors.ts";

/** One verb of the command line. */
export interface Command {
  /** One line, for the list of verbs. */
  summary: string;
  /** What may follow the verb, a line each. */
  usage: string[];
  /** More about it, for `localcloud VERB --help`. */
  help?: string[];
  run(args: string[], output: Output): Promise<void>;
}

export type Options = NonNullable<ParseArgsConfig["options"]>;

/** Throws a UsageError for what is not foreseen. */
export function parse<O extends Options>(args: string[], options: O) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

/** Exactly as many as there are names; `[name]` may be left out. */
export function positionals(given: string[], names: string[]): (string | undefined)[] {
  const needed = names.filter((name) => !name.startsWith("["));
  const missing = needed[given.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing`);
  if (given.length > names.length) throw new UsageError(`too many arguments: ${given.slice(names.length).join(" ")}`);
  return names.map((_, at) => given[at]);
}

/** The first of `positionals`, for verbs that need one. */
export function only(given: string[], name: string): string {
  return positionals(given, [name])[0] ?? "";
}

/** Checks one argument by a schema and says which argument it is. */
export function check<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${name}: ${JSON.stringify(value)}: ${parsed.error.issues.map((issue) => issue.message).join("; ")}`);
}

/** What stands behind `--`; everything before it must be foreseen by the verb. */
export function splitCommand(args: string[]): { before: string[]; command: string[] } {
  const at = args.indexOf("--");
  return at < 0 ? { before: args, command: [] } : { before: args.slice(0, at), command: args.slice(at + 1) };
}
