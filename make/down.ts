import { releaseLock, takeLock } from "./lock.ts";
import { localcloud, run } from "./run.ts";
import { runTarget, UserError } from "./steps.ts";

await runTarget(async () => {
  await takeLock("down");
  try {
    const { code } = await run(process.execPath, [localcloud, "down"], { limitMs: 60_000, onLine: (line) => { process.stdout.write(`${line}\n`); } });
    if (code !== 0) throw new UserError("something of the local cloud is left; see above");
  } finally {
    releaseLock();
  }
});
