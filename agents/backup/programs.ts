import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { paths, stanza } from "./paths.ts";

/** Of what a program says, and of what it was told, for the error when it fails. */
const wordsKept = 2_000;
const commandKept = 120;

/** Whatever takes as long as the database is large; systemd ends it with the unit. What it says on stderr goes to the journal. */
export async function runLong(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const child = spawn(program, [...args], { stdio: ["ignore", "pipe", "pipe"], env });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (words: string) => {
    process.stderr.write(words);
    said = (said + words).slice(-wordsKept);
  });
  const [output, [code, signal]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number | null, string | null]>]);
  if (code !== 0) {
    process.stdout.write(output);
    // Some say what is wrong on stdout.
    const words = (said.trim() || output.trim()).slice(-wordsKept).replaceAll(/\s*\n\s*/g, " ");
    throw new Error(`${shortened([program, ...args].join(" "))}: ended with ${code ?? signal}${words === "" ? "" : `: ${words}`}`);
  }
  return output;
}

function shortened(command: string): string {
  return command.length <= commandKept ? command : `${command.slice(0, commandKept)} ...`;
}

export async function pgbackrest(args: readonly string[]): Promise<string> {
  return await runLong("pgbackrest", [`--stanza=${stanza}`, ...args]);
}

/** SQL by the superuser of this machine's PostgreSQL; columns are separated by `|`. */
export async function sql(statements: string, { database = "app", sockets = paths.sockets as string, port = 5432 } = {}): Promise<string> {
  const output = await runLong("psql", [
    "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--host", sockets, "--port", String(port),
    "--username", "postgres", "--dbname", database, "--command", statements,
  ]);
  return output.trim();
}

/** Null: PostgreSQL does not answer. */
export async function isPrimary(): Promise<boolean | null> {
  try {
    return await sql("SELECT NOT pg_is_in_recovery()", { database: "postgres" }) === "t";
  } catch {
    return null;
  }
}
