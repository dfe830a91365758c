/**
 * The site's visitors, for drills: a process of their own that keeps asking the site over HTTPS while a drill breaks
 * things, and says what its users saw.
 *
 *     const visitors = await startVisitors(await readSite());
 *     restore("the visitors", async () => visitors.end());          // ends them also when the drill throws
 *     await visitors.flowing();                                     // every kind of request is being answered
 *     const lost = visitors.mark();
 *     await cloud("power", "lb-1", "loss");
 *     await visitors.answering({ since: lost, limitMs: 30_000 });   // calm again for 3 s
 *     figure("client gap", visitors.worstGapMs("probe", lost) / 1000, "s", { max: 1.3 });
 *     const { counts, failures, acknowledged } = await visitors.stop();   // waits for what is in flight
 *
 * Needs the visitors' app on the site (a drill says `app: "visitors"`), for its orders and its slow answers. Runs where the
 * floating address can be reached: in a drill with `where: "cloud"`.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { waitFor } from "../../../make/wait.ts";
import { weigh } from "../../../make/weight.ts";
import { now } from "./clock.ts";
import type { OrderRange } from "./execution.ts";
import { type Kind, kinds, type Series, series } from "./mix.ts";
import { type Count, type Failure, type Percentiles, reportSchema, type Start, type Target, type Tick } from "./messages.ts";

export interface Options {
  /** Requests a second of visitors; 0 for the probe alone. */
  rate?: number;
  /** Milliseconds between two probes, each a new connection. */
  probeEveryMs?: number;
}

export interface Report {
  counts: Record<Kind, Count>;
  latencies: Record<Kind, Percentiles>;
  failures: Failure[];
  /** Orders that were answered with 200. */
  acknowledged: number[];
  /** All orders of this run, for finding them in journals. */
  orders: OrderRange;
  parties: Tick["parties"];
  /** How late the visitors' process was at worst. */
  lateMs: number;
}

/** A gap is no longer one when answers have come for this long, none of them later than `calmMs` after the one before. */
const calmForMs = 3_000;
const calmMs = 500;

export class Visitors {
  readonly #child: ChildProcess;
  readonly #firstOrder: number;
  readonly #gaps: Record<Series, { ms: number; endedAt: number }[]> = { visitors: [], probe: [] };
  readonly #failures: Failure[] = [];
  readonly #acknowledged: number[] = [];
  readonly #ended: Promise<unknown>;
  #latest: Tick | undefined;
  #latencies: Record<Kind, Percentiles> | undefined;
  #lateMs = 0;

  constructor(start: Start) {
    this.#firstOrder = start.firstOrder;
    this.#child = fork(join(import.meta.dirname, "generator.ts"), { execArgv: [], detached: true });
    // Elsewhere visitors have machines of their own: that they wait for a processor here is not the site's doing.
    if (this.#child.pid !== undefined) weigh(this.#child.pid);
    this.#child.on("message", (message) => this.#take(message));
    // Both: its last words may be read only after its exit.
    this.#ended = Promise.all([once(this.#child, "exit"), once(this.#child, "disconnect")]);
    this.#child.send(start);
  }

  /** The moment, to ask about what came after it. */
  mark(): number {
    return now();
  }

  get counts(): Record<Kind, Count> {
    return this.#tick.counts;
  }

  get parties(): Tick["parties"] {
    return this.#tick.parties;
  }

  /** How long nobody has been answered, as of the last report. */
  silentForMs(of: Series): number {
    return this.#tick.at - this.#tick.gaps[of].lastAnswerAt;
  }

  /** Longest time between two answers, of those that ended after the moment; one that has not ended counts as long as it is by now. */
  worstGapMs(of: Series, since: number): number {
    const ended = this.#gaps[of].filter(({ endedAt }) => endedAt >= since).map(({ ms }) => ms);
    return Math.max(...ended, this.silentForMs(of));
  }

  /** Requests that failed after the moment. */
  failures(since: number, which: (failure: Failure) => boolean = () => true): Failure[] {
    return this.#failures.filter((failure) => failure.at >= since && which(failure));
  }

  /** Waits until every kind of request has been answered several times from now on. */
  async flowing(limitMs = 20_000): Promise<void> {
    await this.#until(() => this.#latest !== undefined, "the visitors' first report", limitMs);
    const before = this.counts;
    const asked = kinds.filter((kind) => kind === "probe" || this.#isVisiting);
    await this.#until(() => asked.every((kind) => this.counts[kind].answered >= before[kind].answered + 5), "answers to every kind of request", limitMs);
  }

  /** Waits until, `forMs` after the moment at the earliest, answers have come without a gap for `forMs`. */
  async answering({ since, forMs = calmForMs, limitMs }: { since: number; forMs?: number; limitMs: number }): Promise<void> {
    const looked = series.filter((one) => one === "probe" || this.#isVisiting);
    await this.#until(
      () => this.#tick.at >= since + forMs && looked.every((one) => this.worstGapMs(one, this.#tick.at - forMs) <= calmMs),
      `answers without a gap for ${forMs / 1000} s`, limitMs,
    );
  }

  /** Asks nothing more, waits for what is in flight, and reports. */
  async stop(): Promise<Report> {
    if (this.#child.connected) this.#child.send("stop");
    await this.#ended;
    if (!this.#latencies) throw new Error("the visitors' process ended before its time; see its words above");
    const { counts, parties } = this.#tick;
    return {
      counts, parties, latencies: this.#latencies, failures: this.#failures, acknowledged: this.#acknowledged, lateMs: this.#lateMs,
      orders: { from: this.#firstOrder, to: this.#firstOrder + counts.order.asked },
    };
  }

  /** Ends them whatever they are doing; harmless when they have ended. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.#ended;
  }

  get #tick(): Tick {
    if (!this.#latest) throw new Error("the visitors have not reported yet; wait for flowing()");
    return this.#latest;
  }

  get #isVisiting(): boolean {
    return this.counts.page.asked > 0;
  }

  #take(message: unknown): void {
    const report = reportSchema.parse(message);
    if (report.type === "end") {
      this.#latencies = report.latencies;
      return;
    }
    this.#latest = report;
    this.#lateMs = Math.max(this.#lateMs, report.lateMs);
    for (const one of series) this.#gaps[one].push(report.gaps[one]);
    for (const failure of report.failures) this.#failures.push(failure);
    for (const order of report.acknowledged) this.#acknowledged.push(order);
  }

  async #until(holds: () => boolean, what: string, limitMs: number): Promise<void> {
    await waitFor(async () => {
      await Promise.resolve();
      if (this.#child.exitCode !== null) throw new Error("the visitors' process has ended; see its words above");
      return holds() ? true : undefined;
    }, { what, limitMs, everyMs: 50 });
  }
}

/** A thousand numbers for each millisecond: two runs never share one, and all stay exact. */
const firstOrder = (): number => Date.now() * 1_000;

export function startVisitors(target: Target, { rate = 200, probeEveryMs = 20 }: Options = {}): Visitors {
  return new Visitors({ target, rate, probeEveryMs, firstOrder: firstOrder() });
}
