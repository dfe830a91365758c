import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { bundle } from "../../../components/artifacts/bundle.ts";
import { localcloud, run, tail } from "../../../make/run.ts";
import { waitFor } from "../../../make/wait.ts";
import type { DrillContext } from "../drill.ts";
import { type Lane, saidSchema, type Start, type Tick, type Verdict } from "./messages.ts";

const path = "/run/quickcart-drill-redis.mjs";

/** A client on an app server that writes to Redis all the time, seen from the drill. */
export class Writer {
  readonly #child: ChildProcessWithoutNullStreams;
  #tick: Tick | undefined;
  #verdict: Verdict | undefined;
  #said = "";
  #ended = false;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => this.#hear(line));
    child.stderr.setEncoding("utf8").on("data", (text: string) => { this.#said = (this.#said + text).slice(-2_000); });
    child.stdin.on("error", () => undefined);
    child.once("close", () => { this.#ended = true; });
  }

  /** Ended with the drill, whatever becomes of it. */
  static async start({ restore }: DrillContext, machine: string, options: Partial<Start> = {}): Promise<Writer> {
    const start: Start = { everyMs: 10, pinnedTo: null, pretend: false, run: `${machine}-${Date.now().toString(36)}`, ...options };
    const code = (await bundle("tests/drills/redis/client.ts")).toString("utf8");
    const put = await run(process.execPath, [localcloud, "run", machine, "--", "sh", "-c", `cat > ${path}`], { limitMs: 30_000, input: code });
    if (put.code !== 0) throw new Error(`the client could not be put onto ${machine}: ${tail(put.output, 5)}`);
    const script = `set -a; . /etc/quickcart/app.env; set +a; exec nice -n -10 /opt/quickcart/runtime/node ${path} "$1"`;
    const writer = new Writer(spawn(process.execPath, [localcloud, "run", machine, "--", "bash", "-c", script, "bash", JSON.stringify(start)]));
    restore(`the client on ${machine}`, async () => writer.end());
    await waitFor(async () => await Promise.resolve(writer.lanes().every(({ acknowledged }) => acknowledged > 20) ? true : undefined), {
      what: `acknowledged writes of the client on ${machine}`, limitMs: 30_000,
    });
    writer.reset();
    return writer;
  }

  /** Throws when the client has ended, or has not said anything yet. */
  lanes(): Lane[] {
    if (this.#ended) throw new Error(`the client ended: ${tail(this.#said, 5)}`);
    if (this.#tick === undefined) throw new Error("the client has not said anything yet");
    return this.#tick.lanes;
  }

  /** Of the slots that this master had at the start. */
  lane(master: string): Lane {
    const found = this.lanes().find((lane) => lane.master === master);
    if (found === undefined) throw new Error(`the client knows no master ${master}: ${this.lanes().map((lane) => lane.master).join(", ")}`);
    return found;
  }

  /** Since the start or the last `reset`. */
  get worstGapMs(): number {
    return Math.max(...this.lanes().map(({ gapMs }) => gapMs));
  }

  get lateMs(): number {
    return this.#tick?.lateMs ?? NaN;
  }

  reset(): void {
    this.#child.stdin.write("reset\n");
  }

  /** Waits until every lane has been acknowledged `count` more writes. */
  async flowing(count: number, limitMs: number): Promise<void> {
    const before = new Map(this.lanes().map(({ master, acknowledged }) => [master, acknowledged]));
    await waitFor(async () => {
      const behind = this.lanes().find(({ master, acknowledged }) => acknowledged < (before.get(master) ?? 0) + count);
      if (behind !== undefined) throw new Error(`writes to what ${behind.master} had are not acknowledged: ${behind.lastError ?? "no error"}`);
      return await Promise.resolve(true as const);
    }, { what: `${count} more acknowledged writes in every lane`, limitMs });
  }

  /** Ends the writing and looks whether everything that was acknowledged is there. */
  async verdict(limitMs = 60_000): Promise<Verdict> {
    this.#child.stdin.write("stop\n");
    this.#child.stdin.write("verify\n");
    return await waitFor(async () => {
      if (this.#ended) throw new Error(`the client ended: ${tail(this.#said, 5)}`);
      return await Promise.resolve(this.#verdict);
    }, { what: "the client's verdict", limitMs });
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    await waitFor(async () => await Promise.resolve(this.#ended ? true : undefined), { what: "the client to end", limitMs: 15_000 });
  }

  #hear(line: string): void {
    let said: unknown;
    try {
      said = JSON.parse(line);
    } catch {
      this.#said = `${this.#said}${line}\n`.slice(-2_000);
      return;
    }
    const message = saidSchema.parse(said);
    if (message.type === "tick") this.#tick = message;
    else this.#verdict = message;
  }
}
