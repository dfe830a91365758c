import { join } from "node:path";
import { keys, topologySchema } from "../documents.ts";
import { follow } from "../follow.ts";
import { readSettings, untilStopped } from "../settings.ts";
import { readInstanceId, readLbSettings } from "./settings.ts";

const log = console.log;
const lb = await readLbSettings();
const settings = await readSettings(process.env);
log(`lb-${lb.position}, instance ${readInstanceId(process.env)}, for ${lb.floatingAddress}`);

await follow({
  ...settings,
  key: keys.topology,
  cachePath: join(settings.stateDir, "topology.json"),
  schema: topologySchema,
  apply: async (topology) => log(`${topology.machines.filter((machine) => machine.tier === "app").length} app servers`),
  log,
  signal: untilStopped(),
});
