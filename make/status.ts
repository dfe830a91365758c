import { CloudIsDown, tell } from "../localcloud/client.ts";
import { readSite } from "./site.ts";
import { askEverybody } from "./status/ask.ts";
import { assemble, render } from "./status/report.ts";
import { runTarget, UserError } from "./steps.ts";

/** The topology as it stands, also while half of it is dead. `--json` for programs. */
await runTarget(async () => {
  const cloud = await tell("status", {}, 3_000).catch((error: unknown) => {
    if (error instanceof CloudIsDown) throw new UserError("nothing of the local stack runs; start it with `make up`");
    throw error;
  });
  const report = assemble(await askEverybody(cloud, readSite()));
  process.stdout.write(process.argv.includes("--json") ? `${JSON.stringify(report)}\n` : `${render(report).join("\n")}\n`);
});
