/**
 * The writer: runs on an app server, by the environment that the app has, and writes at an even rate through the local
 * HAProxy, whatever becomes of earlier writes. Says of each what became of it; at the end, what the database has of them.
 */
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { message } from "../../../agents/errors.ts";
import { now } from "../visitors/clock.ts";
import { Lane } from "./lane.ts";
import { type End, type Level, levels, rangesOf, type reportSchema, type Series, series, type Start, startSchema, stopWord, table } from "./messages.ts";

/** After this a write counts as failed, and its connection is given up. */
const limitMs = 1_000;
/** Connections of each series. When all of them wait for a dead server, one in so many of a second finds out that there is another. */
const lanesOfEach = 12;
const stepMs = 5;
/** Kept for the end: by then all is well again. */
const endLimitMs = 20_000;

const environment = z.object({ DATABASE_URL: z.string(), DATABASE_READ_URL: z.string() }).parse(process.env);

const timeline = "('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int";

function statements(kind: Series, run: number, n: number): string {
  const insert = `INSERT INTO ${table} (run, level, n) VALUES (${run}, '${kind}', ${n}) RETURNING ${timeline}`;
  switch (kind) {
    case "read": return `SELECT 0 FROM (SELECT count(*) FROM ${table} WHERE run = ${run} AND n = 1) AS one`;
    case "local": return insert;
    case "on": return `BEGIN; SET LOCAL synchronous_commit = 'on'; ${insert}; COMMIT`;
  }
}

const say = (line: z.infer<typeof reportSchema>): void => { process.stdout.write(`${JSON.stringify(line)}\n`); };

class Writer {
  readonly #start: Start;
  readonly #lanes = Object.fromEntries(series.map((kind) => [
    kind, Array.from({ length: lanesOfEach }, () => new Lane(kind === "read" ? environment.DATABASE_READ_URL : environment.DATABASE_URL, limitMs)),
  ])) as Record<Series, Lane[]>;
  readonly #inFlight = new Set<Promise<void>>();
  #stopping = false;
  #lateMs = 0;

  constructor(start: Start) {
    this.#start = start;
  }

  stop(): void {
    this.#stopping = true;
  }

  async run(): Promise<void> {
    const startedAt = now();
    let n = 0;
    while (!this.#stopping) {
      const due = Math.floor((now() - startedAt) / this.#start.everyMs);
      if (due > n) {
        // What a stall of this process has left undone is not made up for.
        n = due;
        for (const kind of series) this.#ask(kind, n);
      }
      const slept = now();
      await pause(stepMs);
      this.#lateMs = Math.max(this.#lateMs, now() - slept - stepMs);
    }
    await Promise.all(this.#inFlight);
    say(await this.#end());
    for (const lane of Object.values(this.#lanes).flat()) lane.end();
  }

  #ask(kind: Series, n: number): void {
    const lane = this.#lanes[kind].find(({ busy }) => !busy);
    if (lane === undefined) return;
    const sentAt = now();
    const one = lane.run(statements(kind, this.#start.run, n)).then(
      (value) => say({ type: "ack", series: kind, n, sentAt, at: now(), timeline: Number(value) }),
      (error: unknown) => say({ type: "fail", series: kind, n, at: now(), error: message(error) }),
    ).finally(() => this.#inFlight.delete(one));
    this.#inFlight.add(one);
  }

  async #end(): Promise<End> {
    const lane = new Lane(environment.DATABASE_URL, endLimitMs);
    try {
      const present = await Promise.all(levels.map(async (level): Promise<[Level, End["present"][Level]]> => {
        const found = await lane.run(`SELECT coalesce(string_agg(n::text, ',' ORDER BY n), '') FROM ${table} WHERE run = ${this.#start.run} AND level = '${level}'`);
        return [level, rangesOf((found ?? "").split(",").filter(Boolean).map(Number))];
      }));
      return { type: "end", present: Object.fromEntries(present) as End["present"], lateMs: this.#lateMs };
    } finally {
      lane.end();
    }
  }
}

let writer: Writer | undefined;
const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  if (line === stopWord) writer?.stop();
  else {
    writer = new Writer(startSchema.parse(JSON.parse(line)));
    // Idle sockets of a database that is away must not keep the process.
    void writer.run().then(() => process.exit(0));
  }
});
// The drill is gone: nobody would ever stop us.
input.on("close", () => process.exit(1));
