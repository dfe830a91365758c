import { imageProgram } from "../../tests/agents/redis/support/imageProgram.ts";
import { tell } from "../../localcloud/client.ts";
import { run, tail } from "../../make/run.ts";

/** Where a client of the database is, and as whom. */
export interface Way {
  host: string;
  port: number;
  user: string;
  password: string;
}

export interface Load {
  /** `own`: pgbench's own script, like TPC-B: three updates, a query and an insert in a transaction. `select`: one query by primary key. */
  script: "own" | "select";
  clients: number;
}

export type Turn = { tps: number } | { refused: string };

/** Of a turn that failed as a whole, or in part, nothing counts. Pure. */
export function turnOf({ code, output }: { code: number; output: string }): Turn {
  const tps = /^tps = ([0-9.]+) \(without initial connection time\)$/m.exec(output)?.[1];
  if (code === 0 && tps !== undefined) return { tps: Number(tps) };
  const why = output.split("\n").find((line) => /FATAL|error:|aborted/.test(line)) ?? tail(output, 1);
  return { refused: why.replace(/^pgbench: /, "").slice(0, 200) };
}

/**
 * pgbench of the machines' own Debian, on this host and in an app server's network: that app servers need not have it. As the
 * app, it asks for no TLS.
 */
export async function pgbench(machine: string, { host, port, user, password }: Way, args: readonly string[], limitMs: number): Promise<{ code: number; output: string }> {
  const { leader } = await tell("locate", { machine });
  if (leader === null) throw new Error(`${machine} is off`);
  return await run(
    "nsenter",
    [`--net=/proc/${leader}/ns/net`, ...imageProgram("pgbench", "usr/lib/postgresql/17/bin"), "--host", host, "--port", String(port), "--username", user, ...args, "app"],
    { limitMs, env: { ...process.env, PGPASSWORD: password, PGSSLMODE: "disable" } },
  );
}

/** @param reconnect a new connection for each transaction */
export function argumentsOf({ script, clients }: Load, { seconds, reconnect }: { seconds: number; reconnect: boolean }): string[] {
  return [
    "--no-vacuum", "--protocol=extended", `--builtin=${script === "own" ? "tpcb-like" : "select-only"}`, `--client=${clients}`, "--jobs=2", `--time=${seconds}`,
    ...reconnect ? ["--connect"] : [],
  ];
}
