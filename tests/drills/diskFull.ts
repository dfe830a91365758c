import { tell } from "../../localcloud/client.ts";
import { waitFor } from "../../make/wait.ts";
import { archivedUntilNow, holesInArchive, wrongWithArchive } from "./backups.ts";
import { on, onOk } from "./cloud.ts";
import { databaseScene, databaseServes, fenceStatus, primaryNow, reportWrites } from "./database.ts";
import type { Drill } from "./drill.ts";

/** Until it is noticed, until it is known that what was kept back is not the end of it, and what a handover takes. */
const promisedSeconds = 10;

const guard = "quickcart-room";
const keptBack = "/var/lib/postgresql/kept-back";

async function keepsRoomBack(machine: string): Promise<void> {
  await waitFor(async () => (await on(machine, ["test", "-e", keptBack])).code === 0 ? true : undefined, { what: `${machine} to keep room back on its disk`, limitMs: 60_000, everyMs: 500 });
}

const journal = async (machine: string, unit: string, since: string): Promise<string> =>
  await onOk(machine, ["journalctl", `--unit=${unit}`, `--since=${since}`, "--output=cat"]);

export const diskFull: Drill = {
  name: "disk-full",
  promise: `when the primary's disk is full to the last block, writes go on after at most ${promisedSeconds} s and no acknowledged one is lost: room that was kept back is given up, and a machine that has some takes over`,
  minutes: 8,
  suite: "nightly",
  where: "cloud",
  sabotage: "nobody looks after the primary's disk",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { writer, primary } = await databaseScene(context);
    await keepsRoomBack(primary);
    await archivedUntilNow(primary);
    const known = await holesInArchive(primary);
    if (sabotage) {
      restore(`${guard} of ${primary}`, async () => { await onOk(primary, ["systemctl", "start", guard]); });
      await onOk(primary, ["systemctl", "stop", guard]);
    }
    restore(`the disk of ${primary}`, async () => { await tell("fill", { machine: primary, full: false }); });
    const begun = `@${Math.floor(Date.now() / 1000)}`;
    const full = writer.mark();
    say(`the disk of ${primary} is filled to the last block`);
    await tell("fill", { machine: primary, full: true });
    const next = await waitFor(async () => {
      const now = await primaryNow();
      return now === primary ? undefined : now;
    }, { what: "another machine to take over", limitMs: 60_000, everyMs: 500 });
    const after = (writer.mark() - full) / 1000;
    say(`${next} is the primary`);
    await writer.answering({ since: full, limitMs: 60_000 });
    const answeredAt = writer.mark();
    figure("another machine is the primary after", after, "s", { max: 30 });
    figure("worst client gap, synchronous_commit = local", writer.worstGapMs("local", full) / 1000, "s", { max: promisedSeconds });
    figure("worst client gap, synchronous_commit = on", writer.worstGapMs("on", full) / 1000, "s", { max: promisedSeconds });
    figure("worst gap of reads", writer.worstGapMs("read", full) / 1000, "s", { max: 2 });
    holds("what was kept back was given up", (await journal(primary, guard, begun)).includes("are given up"));
    const crashed = (await journal(primary, "patroni", begun)).includes("PANIC");
    say(crashed ? "PostgreSQL had ended for want of room before it could hand over" : "PostgreSQL handed over in peace");

    const asked = writer.mark();
    await archivedUntilNow(next);
    figure("everything is archived after", (writer.mark() - asked) / 1000, "s", { max: 240 });
    const wrong = await wrongWithArchive(next, known);
    holds("no segment is missing in the archive", wrong === null, wrong ?? "whole");

    const freed = writer.mark();
    await tell("fill", { machine: primary, full: false });
    await keepsRoomBack(primary);
    await databaseServes();
    figure("all machines serve again, once there is room, after", (writer.mark() - freed) / 1000, "s");
    figure("worst client gap when it is back", writer.worstGapMs("local", freed) / 1000, "s", { max: 2 });
    figure("fences", (await fenceStatus()).past.length, "count", { max: 0 });
    await reportWrites(context, writer, crashed ? [{ from: full, to: answeredAt }] : []);
  },
};
