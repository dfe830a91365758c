import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { keys } from "../../agents/documents.ts";
import { follow } from "../../agents/follow.ts";
import { type Answer, StorageError } from "../../agents/s3.ts";
import { readyCheck, type Role } from "../../components/userData.ts";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "quickcart-ready-")); });
afterEach(() => rmSync(folder, { recursive: true }));

/** What the agent says in its first poll. */
async function saidBy(answer: () => Answer, apply: () => void = () => undefined): Promise<string[]> {
  const lines: string[] = [];
  const stop = new AbortController();
  await follow({
    bucket: { read: async () => answer() }, key: keys.topology, cachePath: join(folder, "kept.json"), schema: z.object({}),
    apply: async () => apply(), log: (line) => void lines.push(line), signal: stop.signal, wait: async () => stop.abort(),
  });
  return lines;
}

/** Runs a check where programs of the machine say what the test wants; waiting takes no time. */
function run(tier: Role["tier"], programs: Record<string, string>): { status: number | null; said: string } {
  for (const [name, body] of Object.entries({ "cloud-init": "exit 0", "journalctl": "echo journal", "sleep": "exit 0", "tail": "echo log", ...programs })) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const { status, stdout } = spawnSync("bash", ["--norc", "-c", readyCheck(tier)], {
    encoding: "utf8", env: { PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin` },
  });
  return { status, said: stdout };
}

/** The bastions'. */
function check(journal: readonly string[], { cloudInit = 0, restarted = "exit 0" } = {}): { status: number | null; said: string } {
  writeFileSync(join(folder, "journal"), journal.map((line) => `${line}\n`).join(""));
  return run("bastion", { "cloud-init": `exit ${cloudInit}`, "journalctl": `cat ${join(folder, "journal")}`, "systemctl": restarted });
}

const document: Answer = { kind: "found", body: "{}", etag: null };

test("a bastion is ready once its agent has put the document in force", async () => {
  expect(check(await saidBy(() => document)).status).toBe(0);
});

test.each<[string, () => Answer]>([
  ["where it may list", () => ({ kind: "missing" })],
  ["where it may only read", () => { throw new StorageError("GET https://bucket/topology/base.json: 403 AccessDenied"); }],
])("or knows that there is none yet, as in a site's first minutes, %s", async (_, answer) => {
  expect(check(await saidBy(answer)).status).toBe(0);
});

test.each([
  ["cannot read it", () => { throw new StorageError("GET https://bucket/topology/base.json: 403 SignatureDoesNotMatch"); }, undefined],
  ["cannot put it in force", () => document, () => { throw new Error("birdc: no such file"); }],
])("not while its agent %s, which is then said", async (_, answer, apply) => {
  const { status, said } = check(await saidBy(answer, apply));
  expect(status).toBe(1);
  expect(said).toMatch(/cannot .*\n.*the topology agent did not read its document within 60 s/);
});

test("nor where the agent never started, or cloud-init failed", () => {
  expect(check([]).status).toBe(1);
  expect(check([`${keys.topology} is in force`], { cloudInit: 1 })).toEqual({ status: 1, said: expect.stringContaining("cloud-init did not finish well") as string });
});

test("an agent that has run for longer than the journal remembers is made to say it again", () => {
  const restarted = `echo "${keys.topology} is in force" >> ${join(folder, "journal")}`;
  expect(check(["something else"], { restarted }).status).toBe(0);
});

test("a load balancer is ready once it leads to an app server", () => {
  const asked = join(folder, "asked");
  expect(run("lb", { systemctl: "exit 0", curl: `[ -e ${asked} ] || { touch ${asked}; exit 22; }` })).toEqual({ status: 0, said: "" });
});

test("the monitor machine is ready once its timer waits for the hour, and its key reads the backups", () => {
  const asked = join(folder, "asked");
  expect(run("monitor", { "systemctl": "exit 0", "quickcart-proof": `[ -e ${asked} ] || { touch ${asked}; exit 1; }` })).toEqual({ status: 0, said: "" });
});

test.each([
  ["its timer does not run", { "systemctl": '[ "$3" != quickcart-proof.timer ]', "quickcart-proof": "exit 0" }, "quickcart-proof.timer does not run after 60 s"],
  ["the backups are somebody else's", { "systemctl": "exit 0", "quickcart-proof": 'echo "the bucket does not say that it is ours" >&2; exit 1' }, "cannot be read with this machine's key: the bucket does not say that it is ours"],
])("not while %s, which is then said", (_, programs, words) => {
  const { status, said } = run("monitor", programs);
  expect(status).toBe(1);
  expect(said).toContain(words);
});

test.each([
  ["its agent does not run", { systemctl: '[ "$3" != quickcart-lb ]', curl: "exit 0" }, "quickcart-lb does not run after 120 s"],
  ["no app server answers", { systemctl: "exit 0", curl: "exit 22" }, "https://127.0.0.1/healthz did not answer 200 after 120 s"],
])("not while %s, which is then said", (_, programs, words) => {
  const { status, said } = run("lb", programs);
  expect(status).toBe(1);
  expect(said).toContain(words);
});
