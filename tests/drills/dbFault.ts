import { tell } from "../../localcloud/client.ts";
import { waitFor } from "../../make/wait.ts";
import { onOk } from "./cloud.ts";
import { databaseScene, databaseServes, others, patroni, primaryNow, reportGaps, reportWrites } from "./database.ts";
import type { Drill, DrillContext } from "./drill.ts";

interface Fault {
  name: string;
  /** As the promise goes on after "when". */
  when: string;
  minutes: number;
  suite: Drill["suite"];
  maxSeconds: number;
  /** Whether another becomes primary for certain, however long nobody notices anything: how it was before is not what it is waited for. */
  takeover: boolean;
  /** Where it is struck. */
  strike: (primary: string) => Promise<void>;
  /** Once another serves; what ends by itself has none. */
  mend?: (machine: string) => Promise<void>;
  sabotage: string;
  prevent: (context: DrillContext, primary: string) => Promise<void>;
}

/** Something is wrong with the primary's programs, while its machine has power and network. */
function dbFault({ name, when, minutes, suite, maxSeconds, takeover, strike, mend, sabotage, prevent }: Fault): Drill {
  return {
    name, minutes, suite, sabotage,
    promise: `when ${when}, writes go on after at most ${maxSeconds} s, and no commit that asked for more than usual is lost`,
    where: "cloud",
    async run(context) {
      const { figure, say, restore } = context;
      const { writer, primary } = await databaseScene(context);
      if (context.sabotage) await prevent(context, primary);
      if (mend) restore(primary, async () => mend(primary));
      const struck = writer.mark();
      await strike(primary);
      if (takeover) await anotherThan(primary);
      await writer.answering({ since: struck, limitMs: 90_000 });
      const behind = { from: struck, to: writer.mark() };
      reportGaps(context, writer, "worst client gap", struck, maxSeconds);
      figure("worst gap of reads", writer.worstGapMs("read", struck) / 1000, "s");
      const next = await primaryNow();
      say(next === primary ? `${primary} stays the primary` : `${next} is the primary`);
      const mended = writer.mark();
      await mend?.(primary);
      await databaseServes();
      figure("worst client gap when it is back", writer.worstGapMs("local", mended) / 1000, "s", { max: 2 });
      // Who stays loses nothing.
      await reportWrites(context, writer, next === primary ? [] : [behind]);
    },
  };
}

async function anotherThan(primary: string): Promise<void> {
  await waitFor(async () => await primaryNow() === primary ? undefined : true, { what: `another primary than ${primary}`, limitMs: 90_000, everyMs: 500 });
}

const shell = async (machine: string, command: string): Promise<void> => { await onOk(machine, ["sh", "-ec", command]); };
/** By the time that it is to go on, Patroni may have ended it. */
const signalPostgres = (signal: "STOP" | "CONT") => async (machine: string): Promise<void> =>
  shell(machine, `pgrep --uid postgres --exact postgres | xargs --no-run-if-empty kill -${signal}`);
const signalPatroni = (signal: "STOP" | "CONT" | "KILL") => async (machine: string): Promise<void> => shell(machine, `systemctl kill --kill-whom=main --signal=${signal} patroni`);

async function pausePatroni({ restore }: DrillContext, primary: string): Promise<void> {
  restore("Patroni's pause", async () => { await patroni(primary, "resume", "--wait"); });
  await patroni(primary, "pause", "--wait");
}

/** Nobody takes over. */
async function stopReplicas({ restore }: DrillContext, primary: string): Promise<void> {
  for (const machine of await others(primary)) {
    restore(`Patroni of ${machine}`, async () => { await onOk(machine, ["systemctl", "start", "patroni"]); });
    await onOk(machine, ["systemctl", "stop", "patroni"]);
  }
}

export const dbPostmasterKilled = dbFault({
  name: "db-postmaster-killed", when: "the primary's PostgreSQL is killed", minutes: 1.5, suite: "ci", maxSeconds: 3, takeover: false,
  strike: async (machine) => shell(machine, "kill -KILL $(head -n 1 /var/lib/postgresql/17/quickcart/postmaster.pid)"),
  sabotage: "Patroni is paused", prevent: pausePatroni,
});

export const dbHung = dbFault({
  name: "db-hung", when: "the primary's PostgreSQL hangs", minutes: 4, suite: "nightly", maxSeconds: 40, takeover: true,
  strike: signalPostgres("STOP"), mend: signalPostgres("CONT"),
  sabotage: "Patroni of the standbys is stopped", prevent: stopReplicas,
});

export const patroniKilled = dbFault({
  name: "patroni-killed", when: "the primary's Patroni is killed", minutes: 3, suite: "nightly", maxSeconds: 5, takeover: false,
  strike: signalPatroni("KILL"),
  sabotage: "it may not be started again",
  async prevent({ restore }, primary) {
    const mend = async (): Promise<void> => shell(primary, "systemctl unmask --runtime patroni; systemctl reset-failed patroni; systemctl start patroni");
    restore(`Patroni of ${primary}`, mend);
    await shell(primary, "systemctl mask --runtime --quiet patroni");
  },
});

export const patroniPaused = dbFault({
  name: "patroni-paused", when: "the primary's Patroni hangs, and PostgreSQL goes on without it", minutes: 4, suite: "nightly", maxSeconds: 40, takeover: true,
  strike: signalPatroni("STOP"), mend: signalPatroni("CONT"),
  sabotage: "Patroni of the standbys is stopped", prevent: stopReplicas,
});

export const dbFrozen = dbFault({
  name: "db-frozen", when: "everything on the primary stands still, as if its host had stopped", minutes: 4, suite: "nightly", maxSeconds: 12, takeover: true,
  strike: async (machine) => { await tell("freeze", { machine, frozen: true }); },
  // Where no fence has cut its power.
  async mend(machine) {
    const { machines } = await tell("status", {});
    if (machines.some(({ name, running }) => name === machine && running)) await tell("freeze", { machine, frozen: false });
  },
  sabotage: "the standbys' Patroni is stopped", prevent: stopReplicas,
});
