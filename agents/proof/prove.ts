/** Restores the newest backup where nobody needs it, and holds it to what was written down of it. */
import { Documents } from "../backup/bucket.ts";
import { documentKeys, type Manifest, manifestSchema, markSchema, ownerSchema } from "../backup/documents.ts";
import { type Backup, parseInfo } from "../backup/info.ts";
import { tablesOf } from "../backup/manifest.ts";
import { paths } from "../backup/paths.ts";
import { runLong, sql } from "../backup/programs.ts";
import { message } from "../errors.ts";
import { parseDocument } from "../follow.ts";
import type { Log } from "../log.ts";
import { achievedRpo, differences, gigabytes, largestInTime, nearing, roomOn, rtoSeconds, shortfall, tooOld } from "./compare.ts";
import type { Instance } from "./instance.ts";
import type { Proof } from "./report.ts";
import type { ProofSettings } from "./settings.ts";

export interface Outcome {
  /** Each a sentence; none: it restores. */
  readonly wrong: readonly string[];
  /** Each a sentence about what will be wrong one day. */
  readonly alarms: readonly string[];
  readonly proof: Proof | null;
}

/** @throws with the reason where it cannot even be restored */
export async function prove(settings: ProofSettings, instance: Instance, log: Log): Promise<Outcome> {
  const began = new Date();
  await instance.prepare(settings);
  const { last, manifest, marked } = await look(settings, instance);
  const room = roomOn(await instance.disk());
  if (last.bytes > room) {
    throw new Error(`the database (${gigabytes(last.bytes)}) does not fit on this machine, whose disk has room for ${gigabytes(room)}: give it a larger one (quickcart:monitor.size)`);
  }

  const copying = await timed(async () => instance.restore(last.label, manifest.lsn).catch(async (error: unknown) => {
    throw new Error([message(error), ...await instance.flaws(last.label)].join("; "), { cause: error });
  }));
  log(`${last.label}: ${last.bytes} bytes are there after ${copying.toFixed(1)} s`);
  const toManifest = await timed(async () => {
    await instance.start({});
    await instance.until("SELECT pg_get_wal_replay_pause_state() = 'paused'", `it came to ${manifest.lsn}`);
  });
  const wrong = differences(manifest, await tablesOf(instance.at));
  log(`${manifest.tables.length} tables at ${manifest.lsn}: ${wrong.length === 0 ? "all as they were" : wrong.join("; ")}`);

  await instance.stop();
  const toEnd = await timed(async () => {
    await instance.start({ recovery_target_lsn: "", recovery_target_action: "promote", recovery_target_timeline: "latest" });
    await instance.until("SELECT NOT pg_is_in_recovery()", "the end of the archive");
  });
  const reached = new Date(Number(await sql("SELECT extract(epoch FROM at) * 1000 FROM quickcart.heartbeat", instance.at)));
  log(`as of ${reached.toISOString()} after another ${toEnd.toFixed(1)} s`);

  const checking = await timed(async () => {
    await runLong(`${paths.programs}/pg_amcheck`, ["--host", instance.at.sockets, "--port", String(instance.port), "--username", "postgres", "--all", "--install-missing", "--heapallindexed", "--parent-check"])
      .catch((error: unknown) => { wrong.push(`amcheck: ${String(error)}`); });
  });
  await instance.stop();
  const rpoSeconds = achievedRpo(began, reached);
  const replaying = toManifest + toEnd;
  const largest = largestInTime({ copying, bytes: last.bytes, replaying });
  const said = <T>(sentences: readonly (T | null)[]): T[] => sentences.filter((one) => one !== null);
  return {
    wrong: [...wrong, ...said([shortfall(reached, marked), tooOld(rpoSeconds)])],
    alarms: said([nearing(`that would be back within ${rtoSeconds} s`, last.bytes, largest), nearing("that fit on this machine for a proof", last.bytes, room)]),
    proof: {
      label: last.label, bytes: last.bytes, tables: manifest.tables.length, reached: reached.toISOString(), rpoSeconds,
      copySeconds: copying, replaySeconds: replaying, checkSeconds: checking, megabytesPerSecond: last.bytes / copying / 1e6, largestBytes: largest, roomBytes: room,
    },
  };
}

/** @throws where a bucket does not answer, or is another stack's */
export async function expectOwner({ stack, repositories }: ProofSettings): Promise<void> {
  const owner = await new Documents(repositories).read(documentKeys.owner);
  if (owner === null || parseDocument(ownerSchema, owner).stack !== stack) throw new Error(`the bucket does not say that it is the stack ${stack}'s`);
}

async function look(settings: ProofSettings, instance: Instance): Promise<{ last: Backup; manifest: Manifest; marked: Date | null }> {
  await expectOwner(settings);
  const documents = new Documents(settings.repositories);
  const { backups } = parseInfo(await instance.pgbackrest(["info", "--output=json", "--log-level-console=off"]));
  // Of a second bucket's own backups nobody writes down what was in them.
  const last = backups.findLast(({ type, repository }) => type === "full" && repository === 1);
  if (last === undefined) throw new Error("there is no backup");
  const text = await documents.read(documentKeys.manifest(last.label));
  if (text === null) throw new Error(`nobody wrote down what was in ${last.label}: did a replica run when it was taken?`);
  const mark = await documents.read(documentKeys.mark);
  return { last, manifest: parseDocument(manifestSchema, text), marked: mark === null ? null : new Date(parseDocument(markSchema, mark).until) };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
