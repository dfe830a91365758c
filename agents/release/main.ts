import { join } from "node:path";
import * as z from "zod";
import { run } from "../commands.ts";
import { follow } from "../follow.ts";
import { readSettings, untilStopped } from "../settings.ts";
import { slotPort } from "../slots.ts";
import { Bundles } from "./bundles.ts";
import { ReleaseDocuments, releasesSchema } from "./documents.ts";
import { Failures } from "./failures.ts";
import { patience } from "./prove.ts";
import { ReleaseControl } from "./release.ts";
import { Units } from "./units.ts";

/** What the unit says beside what it says to every agent. */
const { MACHINE, APP_PORT, RUNTIME_DIRECTORY } = z.object({
  MACHINE: z.string().min(1),
  /** Of the blue slot. */
  APP_PORT: z.coerce.number().int().min(1).max(65_534),
  RUNTIME_DIRECTORY: z.string().min(1),
}).parse(process.env);

const log = console.log;
const settings = await readSettings(process.env);
const control = new ReleaseControl({
  name: MACHINE,
  bundles: new Bundles("/opt/quickcart/app", settings.bucket, run),
  units: new Units(run, (slot) => slotPort(APP_PORT, slot)),
  failures: new Failures(join(RUNTIME_DIRECTORY, "failed")),
  patience,
  log,
});
const signal = untilStopped();
// In the middle of a release, too: the next start goes on where this one was.
signal.addEventListener("abort", () => process.exit(0));

await follow({
  bucket: new ReleaseDocuments(settings.bucket),
  key: "the release",
  cachePath: join(settings.stateDir, "releases.json"),
  schema: releasesSchema,
  apply: (releases) => control.apply(releases),
  // A release waits for this twice.
  pollMs: 1_000,
  log,
  signal,
});
