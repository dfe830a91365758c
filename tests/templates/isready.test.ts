import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { render } from "../../components/rendering/templates.ts";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "quickcart-isready-")); });
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs it where pg_isready's answers are these, the last one for ever after, and the postmaster says that of itself; null: there is none. */
function ask(answers: readonly number[], postmaster: string | null): { status: number | null; asked: number } {
  const counter = join(folder, "asked");
  const program = join(folder, "pg_isready");
  writeFileSync(program, `#!/bin/bash\necho . >> ${counter}\nanswers=(${answers.join(" ")}) at=$(($(wc -l < ${counter}) - 1))\nexit \${answers[at < ${answers.length} ? at : ${answers.length - 1}]}\n`);
  chmodSync(program, 0o755);
  const pid = join(folder, "postmaster.pid");
  if (postmaster !== null) writeFileSync(pid, ["100", "/data", "1", "5432", "/run/postgresql", "*", "1 2", postmaster].join("\n"));
  const script = render("db/quickcart-isready", {}).replaceAll("/usr/lib/postgresql/17/bin/pg_isready", program).replace(/pid=.*/, `pid=${pid}`);
  const { status } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8", timeout: 10_000 });
  return { status, asked: readFileSync(counter, "utf8").trim().split("\n").length };
}

test("waits for a PostgreSQL that starts", () => {
  expect(ask([2, 1, 1, 0], "starting")).toEqual({ status: 0, asked: 5 });
});

test("but not for ever: recovery may take an hour", () => {
  expect(ask([1], "starting")).toEqual({ status: 1, asked: 17 });
});

test.each([
  ["was killed, and has left its file", "ready   "],
  ["stops", "stopping"],
  ["is not there", null],
])("answers at once when the postmaster %s", (_, postmaster) => {
  expect(ask([2], postmaster)).toEqual({ status: 2, asked: 2 });
});

test("passes on that all is well", () => {
  expect(ask([0], "ready   ")).toEqual({ status: 0, asked: 2 });
});
