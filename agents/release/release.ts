import type { Run } from "../commands.ts";
import type { Release } from "../documents.ts";
import type { Log } from "../log.ts";
import type { Bundles } from "./bundles.ts";

const unit = "quickcart-app.service";

/** Brings the named bundle into service. Whatever goes wrong before the switch leaves the one in service alone. */
export async function applyRelease(release: Release, bundles: Bundles, run: Run, log: Log): Promise<void> {
  const before = await bundles.current();
  await bundles.install(release.app);
  if (before === release.app && await bundles.started() === release.app) {
    await run("systemctl", ["start", "--no-block", unit]);
    return;
  }
  await bundles.select(release.app);
  try {
    // SIGTERM first, then as long as the unit's TimeoutStopSec: requests under way are answered.
    await run("systemctl", ["restart", "--no-block", unit]);
  } catch (error) {
    // Else the next attempt would take the new one for running.
    if (before !== null) await bundles.select(before);
    throw error;
  }
  await bundles.noteStarted(release.app);
  log(`bundle ${release.app} is in service${before === null || before === release.app ? "" : `, after ${before}`}`);
  await bundles.prune();
}
