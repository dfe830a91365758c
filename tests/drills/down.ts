import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { run, tail } from "../../make/run.ts";
import type { Drill } from "./drill.ts";
import { stackMemory } from "./memory.ts";

/** What the kernel and the disk say by themselves, without asking our own code: anything that was not there before. */
function traces(): string[] {
  const lines = (command: string, args: string[]): string[] => execFileSync(command, args, { encoding: "utf8" }).split("\n").filter(Boolean);
  const folder = (path: string): string[] => { try { return readdirSync(path).map((name) => `${path}/${name}`); } catch { return []; } };
  const ours = /quickcart|\bqc-/;
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      // It has ended; only its parent, this machine's init perhaps, has not looked yet.
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) return [];
      const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
      const inCloud = /\/quickcart-local/.test(groups) || /^\S*\/?(systemd-nspawn|dnsmasq|versitygw)\b|localcloud\/(daemon|outside)/.test(command);
      return inCloud ? [`process ${command.slice(0, 120)}`] : [];
    } catch {
      return []; // ended meanwhile
    }
  });
  return [
    ...processes,
    ...readFileSync("/proc/self/mountinfo", "utf8").split("\n").filter((line) => ours.test(line.split(" ")[4] ?? "")).map((line) => `mount ${line.split(" ")[4]}`),
    ...lines("ip", ["netns", "list"]).map((line) => `namespace ${line}`),
    ...lines("ip", ["-o", "link"]).map((line) => `link ${line.split(":")[1]?.trim()}`),
    ...lines("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"]).map((line) => `loop device ${line}`),
    ...lines("find", ["/sys/fs/cgroup", "-type", "d", "-name", "*quickcart*"]).map((line) => `control group ${line}`),
    ...["/var/lib", "/run", "/run/netns", "/tmp", "/etc"].flatMap(folder).filter((path) => ours.test(path) && path !== "/run/quickcart-make.lock").map((path) => `file ${path}`),
  ].sort();
}

export const down: Drill = {
  name: "down",
  promise: "`make down` takes at most 20 s and leaves nothing; `make up` is back within 4 minutes, again within 25 s when nothing changed, and takes at most 10 GiB",
  minutes: 8,
  suite: "nightly",
  where: "host",
  sabotage: "a mount is left in the local cloud's folder",
  async run({ figure, holds, say, sabotage, restore }) {
    const make = async (target: string): Promise<{ seconds: number; output: string }> => {
      say(`make ${target}`);
      const started = performance.now();
      const { code, output } = await run("make", ["--no-print-directory", target], { limitMs: 480_000 });
      if (code !== 0) throw new Error(`make ${target} failed: ${tail(output, 20)}`);
      return { seconds: (performance.now() - started) / 1000, output };
    };
    await make("down");
    const before = traces();
    await make("up");
    const during = traces();
    holds("a running cloud is seen", during.length > before.length + 10, `${during.length - before.length} traces`);
    figure("memory of the whole stack", await stackMemory(), "MiB", { max: 10_240 });
    const ended = await make("down");
    figure("make down", ended.seconds, "s", { max: 20 });
    if (sabotage) {
      execFileSync("mkdir", ["-p", "/run/quickcart-sabotage"]);
      execFileSync("mount", ["-t", "tmpfs", "none", "/run/quickcart-sabotage"]);
      restore("the mount", async () => { execFileSync("umount", ["/run/quickcart-sabotage"]); execFileSync("rmdir", ["/run/quickcart-sabotage"]); await Promise.resolve(); });
    }
    const left = traces().filter((trace) => !before.includes(trace));
    holds("nothing is left", left.length === 0, left.length === 0 ? "nothing" : left.slice(0, 5).join(", "));
    figure("make up with warm caches", (await make("up")).seconds, "s", { max: 240 });
    const again = await make("up");
    figure("make up with nothing changed", again.seconds, "s", { max: 25 });
    holds("and nothing was changed", /\b0 changes|\bunchanged\b/.test(again.output) && !/\d+ (created|updated|replaced|deleted)/.test(again.output));
  },
};
