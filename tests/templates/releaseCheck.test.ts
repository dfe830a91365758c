import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readyCheck } from "../../components/userData.ts";

const [bundle, older] = ["2".repeat(64), "1".repeat(64)];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quickcart-gate-"));
  mkdirSync(join(folder, "failed"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Machine {
  /** What each slot's health check says; nothing where nobody answers. */
  blue?: string;
  green?: string;
  /** What the agent has noted. */
  failed?: { why: string; secondsAgo: number };
  /** Whether it is the first to get the bundle; else others have shown that it serves. */
  canary?: boolean;
  /** After so many questions to either slot nobody answers any more. */
  answers?: number;
  /** After so many the blue slot does not. */
  blueAnswers?: number;
  /** Shell that the agent's restart runs; `$1` is the folder of its notes. */
  restarted?: string;
}

/** Runs the gate where programs of the machine say what the test wants; waiting takes no time, and the limit is sooner over where it is to be reached. */
function check({ blue, green, failed, canary = true, answers = 100, blueAnswers = answers, restarted = "" }: Machine, limitSeconds = 60): { status: number | null; said: string } {
  const health = (said: string | undefined, atMost = answers): string => said === undefined ? "exit 7" : `echo >> ${folder}/asked; [ "$(wc -l < ${folder}/asked)" -le ${atMost} ] || exit 7; echo '${JSON.stringify({ status: "ok", release: said })}'; exit`;
  const programs = {
    "cloud-init": "exit 0",
    "curl": `case "$*" in *:3000/healthz) ${health(blue, blueAnswers)} ;; *:3001/healthz) ${health(green)} ;; esac`,
    "journalctl": 'echo "journal of $*"',
    "systemctl": `[ "$*" = "restart quickcart-release" ] || exit 9; set -- ${folder}/failed; ${restarted}`,
    "sleep": "exit 0", "tail": "echo log", "hostname": "echo app-2",
  };
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  if (failed !== undefined) {
    const note = join(folder, "failed", bundle);
    writeFileSync(note, `${failed.why}\n`);
    const at = Date.now() / 1000 - failed.secondsAgo;
    utimesSync(note, at, at);
  }
  const script = readyCheck("app", { release: { bundle, port: 3000, canary } }).replaceAll("/run/quickcart-release", folder).replace("SECONDS + 180", `SECONDS + ${limitSeconds}`);
  const { status, stdout } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8", env: { PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin` } });
  return { status, said: stdout };
}

test.each<[string, Machine]>([["blue", { blue: bundle }], ["green", { green: bundle }]])("passes once the bundle alone serves, in the %s slot", (_, machine) => {
  expect(check(machine)).toEqual({ status: 0, said: "" });
});

test.each([true, false])("where nothing served before it must go on answering: its first requests may kill it (canary: %s)", (canary) => {
  expect(check({ blue: bundle, answers: 4, canary }, 5).status).toBe(1);
  expect(readFileSync(join(folder, "asked"), "utf8").split("\n").length).toBeGreaterThan(5);
});

test("who has taken over has been proved by the agent; the canary must go on answering all the same", () => {
  // The old one answers once, and has handed over by the second look.
  const takeover = { blue: older, blueAnswers: 1, green: bundle };
  expect(check({ ...takeover, answers: 4, canary: false })).toEqual({ status: 0, said: "" });
  rmSync(join(folder, "asked"));
  expect(check({ ...takeover, answers: 7, canary: true }, 5).status).toBe(1);
});

test.each<[string, Machine]>([
  ["nobody answers", {}],
  ["the old one serves", { blue: older }],
  ["both serve", { blue: older, green: bundle }],
])("does not pass while %s", (_, machine) => {
  const { status, said } = check(machine, 1);
  expect(status).toBe(1);
  expect(said).toContain(`app-2: it does not serve bundle ${bundle} after 180 s`);
});

test("fails at once with the agent's reason, and with what the slot says that does not serve", () => {
  const { status, said } = check({ blue: older, failed: { why: "it ended 2 times in a row", secondsAgo: 3 } });
  expect(status).toBe(1);
  expect(said.split("\n")).toEqual([
    `app-2: bundle ${bundle} failed, and whatever served before goes on serving: it ended 2 times in a row`,
    "journal of --no-pager --lines 25 --unit quickcart-release --unit quickcart-app@green",
    "",
  ]);
});

test("a failure of an earlier release is tried again", () => {
  expect(check({ green: bundle, failed: { why: "it ended", secondsAgo: 300 }, restarted: "rm $1/*" })).toEqual({ status: 0, said: "" });
  expect(check({ blue: older, failed: { why: "it ended", secondsAgo: 300 } }).said).toContain("failed, and whatever served");
});
