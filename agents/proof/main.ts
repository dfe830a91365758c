/** The weekly proof that backups restore. Fails loudly: with its exit code, in its metrics, in its report, in the journal. */
import { message } from "../errors.ts";
import { afterFailure } from "./failure.ts";
import { Instance } from "./instance.ts";
import { expectOwner, type Outcome, prove } from "./prove.ts";
import { publish } from "./report.ts";
import { failureOf, readProofSettings, settingsPath, type Unit, unitOf } from "./settings.ts";

const usage = `quickcart-proof: whether the database's backups restore, on the monitor machine.

  quickcart-proof prove    restores the newest one into a throwaway (quickcart-proof.service; its timer: once a week)
  quickcart-proof failed   after that failed: says so, also where it could not itself (quickcart-proof-failed.service)
  quickcart-proof reach    whether this machine's key reads the buckets, and they are this stack's`;

const verbs: Record<string, () => Promise<void>> = {
  prove: async () => run(unitOf(process.env)),
  failed: async () => { for (const one of await afterFailure(failureOf(process.env))) alarm(`the backup is not proved: ${one}`); },
  reach: async () => expectOwner(await readProofSettings(settingsPath)),
};

async function run(unit: Unit): Promise<void> {
  const { wrong, alarms, proof } = await outcomeOf(unit);
  await publish(unit.state, { version: 1, at: new Date().toISOString(), run: unit.run, ok: wrong.length === 0, wrong: [...wrong], alarms: [...alarms], proof });
  for (const one of alarms) alarm(one);
  if (wrong.length > 0) throw new Error(`the backup is not proved: ${wrong.join("; ")}`);
  console.log("proved: the newest backup restores to what it was");
}

async function outcomeOf({ settings, state, runtime }: Unit): Promise<Outcome> {
  const instance = new Instance(state, runtime);
  try {
    return await prove(await readProofSettings(settings), instance, console.log);
  } catch (error) {
    return { wrong: [message(error)], alarms: [], proof: null };
  } finally {
    await instance.remove();
  }
}

/** With the journal's priority for what somebody has to see now. */
function alarm(line: string): void {
  console.error(`<1>${line}`);
}

async function main([word = "", ...rest]: readonly string[]): Promise<number> {
  const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined;
  if (verb === undefined || rest.length > 0) {
    console.error(usage);
    return 2;
  }
  try {
    await verb();
    return 0;
  } catch (error) {
    console.error(`quickcart-proof ${word}: ${message(error)}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
