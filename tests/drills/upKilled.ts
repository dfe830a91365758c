import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { root, run, tail } from "../../make/run.ts";
import { api } from "./cloud.ts";
import type { Drill } from "./drill.ts";

/** Seconds into `make up` at which it is killed: the cloud's start, the first resources, the droplets, the gates. */
const moments = [1, 4, 8, 14];

async function makeUpKilledAfter(seconds: number): Promise<boolean> {
  const make = spawn("make", ["--no-print-directory", "up"], { cwd: root, detached: true, stdio: "ignore" });
  const ended = new Promise<boolean>((resolve) => make.on("close", (code) => resolve(code === 0)));
  await pause(seconds * 1000);
  if (make.pid !== undefined && make.exitCode === null) process.kill(make.pid, "SIGKILL");
  return await ended;
}

async function resources(): Promise<string[]> {
  const found: string[] = [];
  for (const path of ["droplets", "firewalls", "vpcs", "tags", "account/keys", "spaces/keys"]) {
    const { body } = await api("GET", `/v2/${path}?per_page=200`);
    for (const value of Object.values(z.record(z.string(), z.unknown()).parse(body))) {
      if (Array.isArray(value)) found.push(...z.array(z.object({ name: z.string() })).parse(value).map((item) => `${path}: ${item.name}`));
    }
  }
  return found.sort();
}

export const upKilled: Drill = {
  name: "up-killed",
  promise: "`make up` killed at any point comes up when it is run again, with nothing there twice",
  minutes: 6,
  suite: "nightly",
  where: "host",
  sabotage: "a firewall of the stack is made a second time by hand",
  async run({ figure, holds, say, sabotage }) {
    const make = async (target: string): Promise<void> => {
      const { code, output } = await run("make", ["--no-print-directory", target], { limitMs: 240_000 });
      if (code !== 0) throw new Error(`make ${target} failed: ${tail(output, 20)}`);
    };
    await make("down");
    await make("up");
    const whole = await resources();
    for (const seconds of moments) {
      await make("down");
      say(`make up, killed after ${seconds} s`);
      const finished = await makeUpKilledAfter(seconds);
      const started = performance.now();
      await make("up");
      figure(`make up after a kill at ${seconds} s${finished ? " (it had ended)" : ""}`, (performance.now() - started) / 1000, "s");
      if (sabotage) {
        const rule = { protocol: "tcp", ports: "80", sources: { addresses: ["0.0.0.0/0"] } };
        await api("POST", "/v2/firewalls", { name: "stray", inbound_rules: [rule] });
      }
      const now = await resources();
      const withoutSuffix = (lines: string[]): string => JSON.stringify(lines.map((line) => line.replace(/-[0-9a-f]{7,}$/, "")));
      holds("the same resources, none twice", withoutSuffix(now) === withoutSuffix(whole), `${now.length} of ${whole.length}`);
    }
  },
};
