import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { render } from "../../components/rendering/templates.ts";

const segment = "000000010000000000000007";
const next = "000000010000000000000008";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quickcart-pgbackrest-"));
  mkdirSync(join(folder, "pg_wal"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const asked = (): string => join(folder, "asked");
const secondsAgo = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds;

/** Runs the script with a pgBackRest that does this. */
function run(pgbackrest: string, ...argv: readonly string[]): number | null {
  writeFileSync(join(folder, "pgbackrest"), `#!/bin/sh\n${pgbackrest}\n`);
  chmodSync(join(folder, "pgbackrest"), 0o755);
  const script = render("db/quickcart-pgbackrest", {}).replace("/run/postgresql/quickcart-pgbackrest", asked());
  const { status, stderr } = spawnSync("bash", ["--norc", "-c", script, "quickcart-pgbackrest", ...argv], {
    cwd: folder, encoding: "utf8", env: { PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin` },
  });
  expect(stderr).toBe("");
  return status;
}

/** What PostgreSQL is answered, and what the archive was asked for. */
function ask(file: string, archived: readonly string[] = []): { status: number | null; fetched: string[] } {
  const log = join(folder, "log");
  rmSync(log, { force: true });
  const status = run(`echo "$3" >> ${log}; case " ${archived.join(" ")} " in *" $3 "*) echo WAL > "$4" ;; *) exit 1 ;; esac`, "get", file, "pg_wal/RECOVERYXLOG");
  return { status, fetched: existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [] };
}

test("who is being promoted is answered at once, without asking the archive", () => {
  expect(ask(segment, [segment])).toEqual({ status: 1, fetched: [] });
  expect(ask(segment, [segment])).toEqual({ status: 1, fetched: [] });
  expect(ask(next, [next])).toEqual({ status: 1, fetched: [] });
});

test("what is asked for again after ten seconds comes from the archive, and what follows it, too", () => {
  writeFileSync(asked(), `${segment} ${secondsAgo(10)}\n`);
  expect(ask(segment, [segment, next])).toEqual({ status: 0, fetched: [segment] });
  expect(ask(next, [segment, next])).toEqual({ status: 0, fetched: [next] });
});

test("at the archive's end the primary's turn comes again", () => {
  writeFileSync(asked(), `fetched ${secondsAgo(1)}\n`);
  expect(ask(segment)).toEqual({ status: 1, fetched: [segment] });
  expect(ask(segment, [segment])).toEqual({ status: 1, fetched: [] });
});

test("what was fetched long ago says nothing of now", () => {
  writeFileSync(asked(), `fetched ${secondsAgo(60)}\n`);
  expect(ask(segment, [segment])).toEqual({ status: 1, fetched: [] });
});

test("an unknown timeline is looked for in the archive, a known one is not", () => {
  writeFileSync(join(folder, "pg_wal/00000002.history"), "");
  expect(ask("00000002.history", ["00000002.history"])).toEqual({ status: 1, fetched: [] });
  expect(ask("00000003.history", ["00000003.history"])).toEqual({ status: 0, fetched: ["00000003.history"] });
  expect(ask("00000004.history")).toEqual({ status: 1, fetched: ["00000004.history"] });
});

test("a timeline that was not there a moment ago is not looked for again", () => {
  expect(ask("00000004.history")).toEqual({ status: 1, fetched: ["00000004.history"] });
  expect(ask("00000004.history", ["00000004.history"])).toEqual({ status: 1, fetched: [] });
  expect(ask("00000005.history")).toEqual({ status: 1, fetched: ["00000005.history"] });
  writeFileSync(`${asked()}.history`, `00000004.history ${secondsAgo(5)}\n`);
  expect(ask("00000004.history", ["00000004.history"])).toEqual({ status: 0, fetched: ["00000004.history"] });
});

/** What PostgreSQL is answered that would archive it, where pgBackRest ends so. */
const put = (file: string, pgbackrestEnds: number): number | null => run(`exit ${pgbackrestEnds}`, "put", file, `pg_wal/${file}`);

test("what a rewound primary finds of an earlier timeline is in the archive already", () => {
  writeFileSync(join(folder, "pg_wal/0000000A.history"), "");
  writeFileSync(join(folder, "pg_wal/00000009.history"), "");
  expect(put("000000090000000000000039", 45)).toBe(0);
  expect(put("000000090000000000000039", 103)).toBe(103);
});

test("two of the current timeline are two primaries", () => {
  writeFileSync(join(folder, "pg_wal/0000000A.history"), "");
  expect(put("0000000A0000000000000039", 45)).toBe(45);
  expect(put("0000000A.history", 45)).toBe(45);
});

test("of the first timeline there is no history", () => {
  expect(put("000000010000000000000039", 45)).toBe(45);
  expect(put("000000010000000000000039", 0)).toBe(0);
});
