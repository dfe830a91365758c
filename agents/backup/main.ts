import { message } from "../errors.ts";
import type { Log } from "../log.ts";
import { tick } from "./archive.ts";
import { backupIfDue } from "./backup.ts";
import { bootstrap } from "./bootstrap.ts";
import { judgeRestore } from "./judge.ts";
import { readBackupSettings } from "./settings.ts";

const usage = `quickcart-backup: the database's backups, on a database machine, as the user postgres.

  quickcart-backup archive     on the primary: a heartbeat, and what is known of the archive (quickcart-archive.timer)
  quickcart-backup backup      on the primary: a full backup if one is due; on a replica: what was in it (quickcart-backup.timer)
  quickcart-backup judge WHEN  whether a restore to that moment (ISO 8601, or latest) could be, as JSON
  quickcart-backup bootstrap   Patroni's, where there is no cluster: brings the database back, or begins one`;

const verbs: Record<string, (log: Log, when: string) => Promise<void>> = {
  archive: async (log) => tick(await readBackupSettings(), log),
  backup: async (log) => backupIfDue(await readBackupSettings(), log),
  judge: async (log, when) => log(JSON.stringify(await judgeRestore(await readBackupSettings(), when === "latest" ? null : new Date(when)))),
  bootstrap,
};

async function main([word = "", when = "", ...rest]: readonly string[]): Promise<number> {
  const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined;
  if (verb === undefined || rest.length > 0 || (word === "judge") !== (when !== "")) {
    console.error(usage);
    return 2;
  }
  try {
    await verb(console.log, when);
    return 0;
  } catch (error) {
    console.error(`quickcart-backup ${word}: ${message(error)}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
