import { segmentOf } from "../../agents/backup/archive.ts";
import { documentKeys, manifestSchema, markSchema } from "../../agents/backup/documents.ts";
import { type Report, reportSchema } from "../../agents/proof/report.ts";
import { waitFor } from "../../make/wait.ts";
import { backUp, fill, newestBackup } from "./backups.ts";
import { type Bucket, bucket, type StoredObject } from "./bucket.ts";
import { on, onOk } from "./cloud.ts";
import { databaseServes, sql } from "./database.ts";
import type { Drill, DrillContext } from "./drill.ts";

const monitor = "monitor-1";
const table = "drill_proof";
const mebibytes = 128;
const proofLimitMs = 6 * 60_000;
/** A heartbeat a minute, in a segment that half a minute later is in the archive, and then some. */
const rpoSeconds = 120;

export const backupProof: Drill = {
  name: "backup-proof",
  promise: "the proof restores the newest backup with all WAL, and says how fast; it fails loudly when one byte of the backup is another, and when one segment of WAL is missing",
  minutes: 15,
  suite: "nightly",
  where: "cloud",
  sabotage: "the bucket is left as it is",
  async run(context) {
    const { figure, holds, say, restore } = context;
    const primary = await databaseServes();
    const store = await bucket("backupBucket");
    restore("the drill's table", async () => { await sql(await databaseServes(), `DROP TABLE IF EXISTS ${table}`); });
    await fill(primary, table, mebibytes);
    await backUp(primary);
    const label = await newestBackup(primary);
    say(`${label}: waits for what is written down of it, and for WAL after that`);
    const segment = await segmentAfter(store, label);

    const { ok, wrong, proof } = await proofNow();
    holds("a good backup is proved", ok && await metric("ok") === 1, ok ? "yes" : wrong.join("; ").slice(0, 300));
    figure("files there after", proof?.copySeconds ?? NaN, "s");
    figure("WAL replayed after another", proof?.replaySeconds ?? NaN, "s");
    figure("pace of copying", proof?.megabytesPerSecond ?? NaN, "MB/s", { min: 1 });
    figure("the loss, had everything been gone when the proof began", proof?.rpoSeconds ?? NaN, "s", { max: rpoSeconds });
    figure("the largest database that would be back in 15 min", (proof?.largestBytes ?? NaN) / 1024 ** 2, "MiB", { min: mebibytes });
    holds("what it says is of this backup, with the drill's table in it", proof?.label === label && proof.bytes > mebibytes * 1024 ** 2);
    holds("of the copy nothing is left", (await onOk(monitor, ["ls", "/var/lib/quickcart/proof"])).trim().split(/\s+/).sort().join(" ") === "postgresql.log report.json");

    const [bundle = ""] = await store.keys(`pgbackrest/backup/quickcart/${label}/bundle/`);
    say(`another byte in the middle of ${bundle}`);
    await damaged(context, { store, key: bundle, damage: async (object) => store.put(bundle, withOtherByte(object)) }, async () => {
      await mustFail(context, "a bundle with another byte", `${label}/bundle/`);
    });
    say(`without ${segment}`);
    await damaged(context, { store, key: segment, damage: async () => store.remove(segment) }, async () => {
      await mustFail(context, "an archive without one of its segments", "cannot be restored");
    });

    const again = await proofNow();
    holds("all is as it was, and proved", again.ok && await metric("ok") === 1, again.wrong.join("; ").slice(0, 300) || "yes");
  },
};

/** The proof, whenever it is due: what it reported. */
async function proofNow(): Promise<Report & { code: number }> {
  const began = Date.now();
  const { code } = await on(monitor, ["systemctl", "start", "quickcart-proof"], proofLimitMs);
  const report = reportSchema.parse(JSON.parse(await onOk(monitor, ["cat", "/var/lib/quickcart/proof/report.json"])));
  if (Date.parse(report.at) < began) throw new Error(`the proof reported nothing; its last report is of ${report.at}`);
  return { ...report, code };
}

async function metric(name: string): Promise<number> {
  const metrics = await onOk(monitor, ["cat", "/var/lib/prometheus/node-exporter/quickcart_proof.prom"]);
  return Number(new RegExp(`^quickcart_proof_${name} (\\S+)$`, "m").exec(metrics)?.[1] ?? NaN);
}

async function mustFail({ holds }: DrillContext, what: string, words: string): Promise<void> {
  const began = Math.floor(Date.now() / 1000);
  const { ok, code, wrong } = await proofNow();
  const said = wrong.join("; ");
  holds(`${what} is not proved: the unit fails, the metric is 0`, !ok && code !== 0 && await metric("ok") === 0, said.slice(0, 300) || "it was proved");
  holds(`${what} is named`, said.includes(words), said.includes(words) ? words : "no");
  const alarm = ["journalctl", "--quiet", "--output=cat", "--unit", "quickcart-proof-failed", "--priority", "alert", "--since", `@${began}`];
  const loud = await waitFor(async () => (await onOk(monitor, alarm)).includes("the backup is not proved") || undefined, { what: "the alarm in the journal", limitMs: 30_000 }).catch(() => false);
  holds(`${what} is an alarm in the journal`, loud);
}

/** Puts back what it takes, whatever comes of the work. */
async function damaged({ restore, sabotage }: DrillContext, { store, key, damage }: { store: Bucket; key: string; damage: (object: StoredObject) => Promise<void> }, work: () => Promise<void>): Promise<void> {
  const object = await store.get(key);
  restore(key, async () => store.put(key, object));
  if (!sabotage) await damage(object);
  await work();
  await store.put(key, object);
}

function withOtherByte({ body, contentType }: StoredObject): StoredObject {
  const bytes = new Uint8Array(body.slice(0));
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return { body: bytes.buffer, contentType };
}

/** A segment of the archive that a restore needs: after what was written down of the backup, before what is known to be whole. */
async function segmentAfter(store: Bucket, label: string): Promise<string> {
  const read = async (key: string): Promise<unknown> => JSON.parse(new TextDecoder().decode((await store.get(key)).body));
  return await waitFor(async () => {
    if ((await store.keys(documentKeys.manifest(label))).length === 0) throw new Error(`no replica has written down yet what is in ${label}`);
    const manifest = manifestSchema.parse(await read(documentKeys.manifest(label)));
    const mark = markSchema.parse(await read(documentKeys.mark));
    if (mark.timeline !== manifest.timeline) throw new Error(`the manifest is of timeline ${manifest.timeline}, the archive's end of ${mark.timeline}`);
    const between = (name: string): boolean => name > segmentOf(manifest.lsn) && name < segmentOf(mark.lsn);
    const timeline = mark.timeline.toString(16).toUpperCase().padStart(8, "0");
    const keys = await store.keys(`pgbackrest/archive/quickcart/17-1/${timeline}${segmentOf(mark.lsn).slice(0, 8)}/`);
    const found = keys.find((key) => between(/\/[0-9A-F]{8}([0-9A-F]{16})-[^/]+$/.exec(key)?.[1] ?? ""));
    if (found === undefined) throw new Error(`no segment is between ${manifest.lsn} and ${mark.lsn} yet`);
    return found;
  }, { what: "a segment of WAL that the proof needs", limitMs: 8 * 60_000, everyMs: 5_000 });
}
