import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { render } from "../../components/rendering/templates.ts";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "quickcart-patience-")); });
afterEach(() => rmSync(folder, { recursive: true }));

/**
 * Runs a script that stands before a program of PostgreSQL's, which does each of these in turn, the last one for ever after.
 *
 * @param postmaster what it says of itself; null: there is none
 */
function ask(script: "quickcart-isready" | "quickcart-controldata", does: readonly string[], postmaster: string | null): { status: number | null; said: string; asked: number } {
  const counter = join(folder, "asked");
  const program = join(folder, "program");
  const cases = does.map((one, at) => `${at + 1 === does.length ? "*" : String(at + 1)}) ${one} ;;`);
  writeFileSync(program, `#!/bin/bash\necho . >> ${counter}\ncase $(wc -l < ${counter}) in\n${cases.join("\n")}\nesac\n`);
  chmodSync(program, 0o755);
  const pid = join(folder, "postmaster.pid");
  if (postmaster !== null) writeFileSync(pid, ["100", "/data", "1", "5432", "/run/postgresql", "*", "1 2", postmaster].join("\n"));
  const text = render(`db/${script}`, {}).replaceAll(/\/usr\/lib\/postgresql\/17\/bin\/\w+/g, program).replace(/pid=.*/, `pid=${pid}`);
  const { status, stdout } = spawnSync("bash", ["--norc", "-c", text], { encoding: "utf8", timeout: 10_000 });
  return { status, said: stdout.trim(), asked: readFileSync(counter, "utf8").trim().split("\n").length };
}

const [accepts, rejects, silent] = ["exit 0", "exit 1", "exit 2"];

test("whether PostgreSQL is ready is answered once it has started", () => {
  expect(ask("quickcart-isready", [silent, rejects, rejects, accepts], "starting")).toMatchObject({ status: 0, asked: 5 });
});

test("but not for ever: recovery may take an hour", () => {
  expect(ask("quickcart-isready", [rejects], "starting")).toMatchObject({ status: 1, asked: 17 });
});

test.each([
  ["was killed, and has left its file", "ready   "],
  ["stops", "stopping"],
  ["is not there", null],
])("and at once when the postmaster %s", (_, postmaster) => {
  expect(ask("quickcart-isready", [silent], postmaster)).toMatchObject({ status: 2, asked: 2 });
});

const state = (words: string): string => `echo "Database cluster state:               ${words}"`;
const [serves, stops, stopped] = [state("in production"), state("shutting down"), state("shut down")];

test("what is in the control file is answered once a primary that stops has written its last checkpoint", () => {
  expect(ask("quickcart-controldata", [serves, stops, stopped], "stopping")).toMatchObject({ said: expect.stringContaining(" shut down") as string, asked: 4 });
});

test("but not for ever: there may be much to write", () => {
  expect(ask("quickcart-controldata", [stops], "stopping")).toMatchObject({ said: expect.stringContaining("shutting down") as string, asked: 31 });
});

test.each([["serves", "ready   "], ["is not there", null]])("and at once when the postmaster %s", (_, postmaster) => {
  expect(ask("quickcart-controldata", [serves], postmaster)).toMatchObject({ status: 0, asked: 1 });
});
