/** The weekly proof that backups restore. Fails loudly: with its exit code, in its metrics, in its report. */
import { join } from "node:path";
import { metricsText, writeMetrics } from "../backup/metrics.ts";
import { message } from "../errors.ts";
import { writeAtomically } from "../files.ts";
import { rtoSeconds } from "./compare.ts";
import { Instance } from "./instance.ts";
import { type Proof, prove } from "./prove.ts";
import { readProofSettings } from "./settings.ts";

function metricsOf(proof: Proof | null, wrong: readonly string[], ended: Date): string {
  const figures = proof === null ? [] : [
    { name: "quickcart_proof_rpo_seconds", help: "What would have been lost, had everything been gone when the proof began.", value: proof.rpoSeconds },
    { name: "quickcart_proof_copy_seconds", help: "For the backup's files to be there.", value: proof.copySeconds },
    { name: "quickcart_proof_replay_seconds", help: "From there to a database that takes writes.", value: proof.replaySeconds },
    { name: "quickcart_proof_bytes_per_second", help: "The pace of copying.", value: proof.megabytesPerSecond * 1e6 },
    { name: "quickcart_proof_database_bytes", help: "What was restored.", value: proof.bytes },
    { name: "quickcart_proof_largest_database_bytes", help: `The largest database that would be back within ${rtoSeconds} s. Alarm when it is filled to 80 %.`, value: proof.largestBytes },
  ];
  return metricsText([
    { name: "quickcart_proof_ok", help: "Whether the newest backup restores to what it was. Alarm when it is not 1.", value: wrong.length === 0 ? 1 : 0 },
    { name: "quickcart_proof_timestamp_seconds", help: "When that was last tried. Alarm when it is older than 8 days.", value: ended.getTime() / 1000 },
    ...figures,
  ]);
}

async function main(): Promise<number> {
  const settings = await readProofSettings(process.env);
  const instance = new Instance(settings.folder);
  let proof: Proof | null = null;
  let wrong: readonly string[];
  try {
    proof = await prove(settings, instance, console.log);
    ({ wrong } = proof);
  } catch (error) {
    wrong = [message(error)];
  } finally {
    await instance.remove();
  }
  const ended = new Date();
  await writeAtomically(join(settings.folder, "report.json"), `${JSON.stringify({ version: 1, stack: settings.stack, at: ended.toISOString(), ok: wrong.length === 0, wrong, proof }, null, 2)}\n`);
  await writeMetrics("quickcart_proof", metricsOf(proof, wrong, ended));
  for (const one of wrong) console.error(`the backup is not proved: ${one}`);
  if (wrong.length === 0) console.log("proved: the newest backup restores to what it was");
  return wrong.length === 0 ? 0 : 1;
}

process.exitCode = await main();
