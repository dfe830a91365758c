import { tell } from "../../localcloud/client.ts";
import { onOk } from "./cloud.ts";
import { databaseScene, databaseServes, others, patroni, primaryNow, reportWrites } from "./database.ts";
import type { Drill, DrillContext } from "./drill.ts";

interface Fault {
  name: string;
  /** As the promise goes on after "when". */
  when: string;
  minutes: number;
  suite: Drill["suite"];
  maxSeconds: number;
  /** Where it is struck. */
  strike: (primary: string) => Promise<void>;
  /** Once another serves; what ends by itself has none. */
  mend?: (machine: string) => Promise<void>;
  sabotage: string;
  prevent: (context: DrillContext, primary: string) => Promise<void>;
}

/** Something is wrong with the primary's programs, while its machine has power and network. */
function dbFault({ name, when, minutes, suite, maxSeconds, strike, mend, sabotage, prevent }: Fault): Drill {
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
      await writer.answering({ since: struck, limitMs: 90_000 });
      figure("worst client gap", writer.worstGapMs("local", struck) / 1000, "s", { max: maxSeconds });
      figure("worst gap of reads", writer.worstGapMs("read", struck) / 1000, "s");
      say(`${await primaryNow()} is the primary`);
      const mended = writer.mark();
      await mend?.(primary);
      await databaseServes();
      figure("worst client gap when it is back", writer.worstGapMs("local", mended) / 1000, "s", { max: 2 });
      await reportWrites(context, writer, struck);
    },
  };
}

const shell = async (machine: string, command: string): Promise<void> => { await onOk(machine, ["sh", "-ec", command]); };
const signalPostgres = (signal: "STOP" | "CONT") => async (machine: string): Promise<void> => shell(machine, `kill -${signal} $(pgrep --uid postgres --exact postgres)`);
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
  name: "db-postmaster-killed", when: "the primary's PostgreSQL is killed", minutes: 3, suite: "ci", maxSeconds: 3,
  strike: async (machine) => shell(machine, "kill -KILL $(head -n 1 /var/lib/postgresql/17/quickcart/postmaster.pid)"),
  sabotage: "Patroni is paused", prevent: pausePatroni,
});

export const dbHung = dbFault({
  name: "db-hung", when: "the primary's PostgreSQL hangs", minutes: 4, suite: "nightly", maxSeconds: 40,
  strike: signalPostgres("STOP"), mend: signalPostgres("CONT"),
  sabotage: "Patroni of the standbys is stopped", prevent: stopReplicas,
});

export const patroniKilled = dbFault({
  name: "patroni-killed", when: "the primary's Patroni is killed", minutes: 3, suite: "ci", maxSeconds: 5,
  strike: signalPatroni("KILL"),
  sabotage: "it may not be started again",
  async prevent({ restore }, primary) {
    const mend = async (): Promise<void> => shell(primary, "systemctl unmask --runtime patroni; systemctl reset-failed patroni; systemctl start patroni");
    restore(`Patroni of ${primary}`, mend);
    await shell(primary, "systemctl mask --runtime --quiet patroni");
  },
});

export const patroniPaused = dbFault({
  name: "patroni-paused", when: "the primary's Patroni hangs, and PostgreSQL goes on without it", minutes: 4, suite: "nightly", maxSeconds: 40,
  strike: signalPatroni("STOP"), mend: signalPatroni("CONT"),
  sabotage: "Patroni of the standbys is stopped", prevent: stopReplicas,
});

export const dbFrozen = dbFault({
  name: "db-frozen", when: "everything on the primary stands still, as if its host had stopped", minutes: 4, suite: "nightly", maxSeconds: 12,
  strike: async (machine) => { await tell("freeze", { machine, frozen: true }); },
  sabotage: "the standbys' Patroni is stopped", prevent: stopReplicas,
});
