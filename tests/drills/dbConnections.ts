import { createInterface } from "node:readline";
import { once } from "node:events";
import { z } from "zod";
import { onOk } from "./cloud.ts";
import { databaseScene, databaseServes, fenceStatus, reportWrites } from "./database.ts";
import type { Drill } from "./drill.ts";
import { endChild, startOn } from "./writer/onMachine.ts";

const heldSchema = z.object({ held: z.number(), refused: z.string() });

export const dbConnections: Drill = {
  name: "db-connections",
  promise: "while somebody holds every connection that the primary gives, the app's pool goes on, and nobody takes that for a failure",
  minutes: 3,
  suite: "nightly",
  where: "cloud",
  sabotage: "the app's pool is restarted meanwhile: its own connections are gone, too",
  async run(context) {
    const { figure, holds, say, restore, sabotage } = context;
    const { writer, primary } = await databaseScene(context);
    const begun = writer.mark();
    const hog = await startOn("app-2", "tests/drills/writer/hog.ts", "/etc/quickcart/migrate.env");
    restore("the connections", async () => endChild(hog));
    if (hog.stdout === null) throw new Error("the hog has no output");
    const [line] = await once(createInterface({ input: hog.stdout }), "line") as [string];
    const { held, refused } = heldSchema.parse(JSON.parse(line));
    say(`${held} connections held; then: ${refused}`);
    holds("no more are given", /too many|reserved|slots/.test(refused), refused);
    if (sabotage) await onOk(primary, ["systemctl", "restart", "pgbouncer"]);
    const full = writer.mark();
    await writer.answering({ since: full, forMs: 15_000, limitMs: 60_000 });
    figure("connections held", held, "count", { min: 5 });
    figure("worst client gap", writer.worstGapMs("local", begun) / 1000, "s", { max: 2 });
    await endChild(hog);
    holds("the primary is still the primary", await databaseServes() === primary);
    figure("fences", (await fenceStatus()).past.length, "count", { max: 0 });
    await reportWrites(context, writer);
  },
};
