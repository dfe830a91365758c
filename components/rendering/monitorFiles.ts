import { type ProofSettings, settingsPath } from "../../agents/proof/settings.ts";
import { proofTime } from "../backup/settings.ts";
import { file, type RenderedFile, script, secret, unit } from "./renderedFile.ts";
import type { MonitorRole } from "./role.ts";
import { render } from "./templates.ts";

/** What the monitor machine gets beside what every private machine has. */
export function monitor(role: MonitorRole): RenderedFile[] {
  return proof(role);
}

function proof({ stack, timeZone, backup }: MonitorRole): RenderedFile[] {
  const settings: ProofSettings = {
    stack, cipher: backup.cipher,
    repositories: backup.repositories.map((one) => ({ ...one, url: `https://${one.bucket}.${one.endpoint}` })),
  };
  const values = { settingsPath, at: proofTime(backup.at), timeZone };
  return [
    // There must be no PostgreSQL but the proof's own.
    file("/etc/postgresql-common/createcluster.conf", render("db/createcluster.conf", {})),
    secret(settingsPath, `${JSON.stringify(settings)}\n`),
    script("/usr/local/sbin/quickcart-proof", render("monitor/quickcart-proof", values)),
    unit("quickcart-proof", render("monitor/quickcart-proof.service", values)),
    unit("quickcart-proof-failed", render("monitor/quickcart-proof-failed.service", values)),
    file("/etc/systemd/system/quickcart-proof.timer", render("monitor/quickcart-proof.timer", values)),
  ];
}
