/**
 * A writer on an app server, for drills of the database: what the app would see of it.
 *
 *     const writer = await startWriter();
 *     restore("the writer", async () => writer.end());
 *     await writer.flowing();                                    // both kinds of write and reads are answered
 *     const lost = writer.mark();
 *     await tell("power", { machine: "db-1", change: "loss" });
 *     await writer.answering({ since: lost, limitMs: 60_000 });  // calm again for 3 s
 *     figure("client gap", writer.worstGapMs("local", lost) / 1000, "s", { max: 6 });
 *     const { lost, ofTwoPrimaries } = await writer.stop();
 */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { waitFor } from "../../../make/wait.ts";
import { now } from "../visitors/clock.ts";
import { firstSince, worstGap } from "./gaps.ts";
import { type Acknowledged, type End, reportSchema, type Series, series, type Start, stopWord } from "./messages.ts";
import { endChild, startOn } from "./onMachine.ts";
import { type Verdict, verdict } from "./verdict.ts";

export interface Report extends Verdict {
  acks: readonly Acknowledged[];
  failures: number;
  lateMs: number;
}

/** A gap is no longer one when acknowledgements have come for this long, none of them later than `calmMs` after the one before. */
const calmForMs = 3_000;
const calmMs = 700;

export class Writer {
  readonly #child: ChildProcess;
  readonly #acks: Record<Series, Acknowledged[]> = { local: [], on: [], read: [] };
  /** Of each acknowledgement, in the same order: the program says them as they come. */
  readonly #times: Record<Series, number[]> = { local: [], on: [], read: [] };
  readonly #startedAt = now();
  readonly #errors = new Map<string, number>();
  #end: End | undefined;

  constructor(child: ChildProcess, start: Start) {
    this.#child = child;
    if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => this.#take(line));
    child.stdin?.write(`${JSON.stringify(start)}\n`);
  }

  /** The moment, to ask about what came after it. */
  mark(): number {
    return now();
  }

  /** What went wrong so far, and how often. */
  get errors(): string {
    return [...this.#errors].map(([error, times]) => `${times} x ${error}`).join("; ");
  }

  /** Acknowledged after the moment. */
  acksSince(since: number, of: Series): readonly Acknowledged[] {
    return this.#acks[of].slice(firstSince(this.#times[of], since));
  }

  /** Longest time between two acknowledgements, of those that ended after the moment; one that has not ended counts as long as it is by now. */
  worstGapMs(of: Series, since: number): number {
    return worstGap(this.#times[of], { startedAt: this.#startedAt, since, until: now() });
  }

  async flowing(limitMs = 30_000): Promise<void> {
    const since = this.mark();
    await this.#until(() => series.every((one) => this.acksSince(since, one).length >= 10), "writes and reads to be acknowledged", limitMs);
  }

  /** Waits until, `forMs` after the moment at the earliest, everything has been acknowledged without a gap for `forMs`. */
  async answering({ since, forMs = calmForMs, limitMs, of = series }: { since: number; forMs?: number; limitMs: number; of?: readonly Series[] }): Promise<void> {
    await this.#until(() => now() >= since + forMs && of.every((one) => this.worstGapMs(one, now() - forMs) <= calmMs), `${of.join(", ")} without a gap for ${forMs / 1000} s`, limitMs);
  }

  /** Writes nothing more, waits for what is in flight, and compares with what the database has. */
  async stop(): Promise<Report> {
    this.#child.stdin?.write(`${stopWord}\n`);
    await this.#until(() => this.#end !== undefined, "the writer's last word", 60_000);
    await this.end();
    if (this.#end === undefined) throw new Error("the writer ended without a word");
    const acks = series.flatMap((one) => this.#acks[one]);
    return { ...verdict(acks, this.#end.present), acks, failures: [...this.#errors.values()].reduce((sum, times) => sum + times, 0), lateMs: this.#end.lateMs };
  }

  /** Ends it whatever it is doing; harmless when it has ended. */
  async end(): Promise<void> {
    await endChild(this.#child);
  }

  #take(line: string): void {
    const report = reportSchema.parse(JSON.parse(line));
    switch (report.type) {
      case "ack":
        this.#acks[report.series].push(report);
        this.#times[report.series].push(report.at);
        return;
      case "fail":
        this.#errors.set(`${report.series}: ${report.error}`, (this.#errors.get(`${report.series}: ${report.error}`) ?? 0) + 1);
        return;
      case "end":
        this.#end = report;
    }
  }

  async #until(holds: () => boolean, what: string, limitMs: number): Promise<void> {
    await waitFor(async () => {
      await Promise.resolve();
      if (holds()) return true;
      if (this.#child.exitCode !== null) throw new Error("the writer's process has ended; see its words above");
      throw new Error(this.errors || "nothing has failed so far");
    }, { what, limitMs, everyMs: 50 });
  }
}

/** @param machine an app server @param everyMs between two writes of each level */
export async function startWriter({ machine = "app-1", everyMs = 25 }: { machine?: string; everyMs?: number } = {}): Promise<Writer> {
  return new Writer(await startOn(machine, "tests/drills/writer/program.ts", "/etc/quickcart/app.env"), { run: Date.now(), everyMs });
}
