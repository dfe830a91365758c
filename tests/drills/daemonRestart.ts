import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { runDir, stateDir } from "../../localcloud/paths.ts";
import { tail } from "../../make/run.ts";
import { onStack } from "../../make/stack.ts";
import { waitFor } from "../../make/wait.ts";
import { api, appPort, cloud, droplets, onOk, probeFrom } from "./cloud.ts";
import type { Drill } from "./drill.ts";

const daemonPid = (): number => Number(readFileSync(join(runDir, "daemon.pid"), "utf8").trim().split(/\s+/)[0]);

export const daemonRestart: Drill = {
  name: "daemon-restart",
  promise: "killing the local cloud's daemon disturbs no machine and no connection through them; started again it knows everything",
  minutes: 2,
  suite: "nightly",
  where: "host",
  sabotage: "the daemon finds its state gone when it starts again",
  async run({ figure, holds, say, restore, sabotage }) {
    const before = await droplets();
    const started = await Promise.all(before.map(async (droplet) => onOk(droplet.name, ["systemctl", "show", "-p", "UserspaceTimestampMonotonic"])));
    // The application is asked on its own machine: every address of the cloud itself goes away with its daemon.
    const restart = async (): Promise<void> => {
      await pause(2_000);
      say("SIGKILL of the daemon");
      process.kill(daemonPid(), "SIGKILL");
      if (sabotage) {
        const state = join(stateDir, "state.json");
        renameSync(state, `${state}.away`);
        restore("the state", async () => {
          process.kill(daemonPid(), "SIGKILL");
          renameSync(`${state}.away`, state);
          await cloud("up");
        });
      }
      const killed = performance.now();
      await cloud("up");
      await waitFor(async () => ((await api("GET", "/v2/account")).status === 200 ? true : undefined), { what: "the API to answer", limitMs: 30_000 });
      figure("daemon back", (performance.now() - killed) / 1000, "s", { max: 10 });
    };
    // The application is asked on its own machine: every address of the cloud itself goes away with its daemon.
    const [seen] = await Promise.all([probeFrom("app-1", `http://127.0.0.1:${await appPort("app-1")}/healthz`, 10), restart()]);
    figure("worst gap of the application meanwhile", seen.worstGapMs / 1000, "s", { max: 1 });
    const after = await droplets();
    holds("the API says the same as before", JSON.stringify(after) === JSON.stringify(before), `${after.length} droplets`);
    const same = await Promise.all(before.map(async (droplet) => onOk(droplet.name, ["systemctl", "show", "-p", "UserspaceTimestampMonotonic"])));
    holds("no machine was booted again", JSON.stringify(same) === JSON.stringify(started), `${started.length} machines`);
    const preview = await onStack("preview", { limitMs: 60_000, args: ["--refresh", "--expect-no-changes"] });
    holds("pulumi refresh finds nothing changed", preview.code === 0, preview.code === 0 ? "no changes" : tail(preview.output, 10));
    holds("egress still works", (await onOk("app-1", ["curl", "-sS", "--max-time", "5", "http://echo.quickcart.test/"])).length > 0);
  },
};
