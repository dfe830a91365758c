import { join } from "node:path";
import { run } from "../commands.ts";
import { keys, releaseSchema } from "../documents.ts";
import { follow } from "../follow.ts";
import { readSettings, untilStopped } from "../settings.ts";
import { Bundles } from "./bundles.ts";
import { applyRelease } from "./release.ts";

const log = console.log;
const settings = await readSettings(process.env);
const bundles = new Bundles("/opt/quickcart/app", settings.bucket, run);

await follow({
  ...settings,
  key: keys.release,
  cachePath: join(settings.stateDir, "release.json"),
  schema: releaseSchema,
  apply: (release) => applyRelease(release, bundles, run, log),
  log,
  signal: untilStopped(),
});
