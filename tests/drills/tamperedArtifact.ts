import { onStack, onStackOk } from "../../make/stack.ts";
import { bucket } from "./bucket.ts";
import type { Drill } from "./drill.ts";

const minutes = 2;
const threeAppServers = { "quickcart:app": { count: 3 } };

export const tamperedArtifact: Drill = {
  name: "tampered-artifact",
  promise: "a machine runs nothing whose hash is not what the program said, and `pulumi up` names the machine that failed and shows its log's end",
  minutes,
  suite: "nightly",
  where: "cloud",
  sabotage: "the object is left as it is",
  async run({ figure, holds, say, restore, sabotage }) {
    const { keys, get, put } = await bucket();
    const [key] = await keys("agents/release-");
    if (!key) throw new Error("the bucket holds no release agent");
    const original = await get(key);
    restore("the agent and the app servers", async () => {
      await put(key, original);
      await onStackOk("up", { limitMs: minutes * 60_000 });
    });
    if (!sabotage) await put(key, { ...original, body: new TextEncoder().encode("process.exit(0);\n").buffer });
    say(`another text in ${key}, then a third app server`);
    const started = performance.now();
    const { code, output } = await onStack("up", { limitMs: minutes * 60_000, config: threeAppServers });
    figure("pulumi up says so after", (performance.now() - started) / 1000, "s", { max: 60 });
    holds("pulumi up fails", code !== 0);
    holds("it names the machine", output.includes("app-3 (app) did not become ready"));
    holds("it shows the end of the machine's log", output.includes("is not what the program put into the bucket"));
  },
};
