import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setupFilesOf } from "../../components/rendering/setup.ts";
import { roles } from "./support/roles.ts";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "quickcart-room-")); });
afterEach(() => rmSync(folder, { recursive: true }));

const rendered = setupFilesOf(roles["db-2"]).find((one) => one.path === "/usr/local/sbin/quickcart-room")?.content ?? "";

/** Of a disk of 25 GiB. */
const [ample, full] = [10_000, 10];
const diskMiB = 25 * 1024;

interface Machine {
  /** Free MiB at each look, second by second; the last one for ever after. */
  free: readonly number[];
  /** Whether something is kept back at the start. */
  kept?: boolean;
  primary?: boolean;
  /** What the others have last said, and how many seconds ago. */
  others?: Record<string, readonly [string, number]>;
  seconds?: number;
}

interface Seen {
  kept: boolean;
  /** Of this machine, in their order, without when. */
  published: string[];
  handedOverTo: string[];
  metric: string;
}

/** Runs db-2's script for so many seconds, none of which takes time. */
function live({ free, kept = true, primary = false, others = {}, seconds = 8 }: Machine): Seen {
  const programs = {
    sleep: `echo . >> ${folder}/seconds; (($(wc -l < ${folder}/seconds) <= ${seconds})) || kill $PPID`,
    stat: `round=$(wc -l < ${folder}/seconds)\ncase $round in\n${free.map((mebibytes, at) => `${at + 1 === free.length ? "*" : String(at + 1)}) echo ${mebibytes * 256} ${diskMiB * 256} 4096 ;;`).join("\n")}\nesac`,
    fallocate: 'echo "$2" > "$3"',
    curl: `printf ${primary ? 200 : 503}`,
    etcdctl: `
      shift 4
      case "$1 \${!#}" in
        put*) echo "$2 $3" >> ${folder}/published ;;
${Object.entries(others).map(([name, [said, ago]]) => `        "get /quickcart/room/${name}") echo "${said} $((EPOCHSECONDS - ${ago}))" ;;`).join("\n")}
      esac`,
    patronictl: `echo "$*" >> ${folder}/switchovers`,
  };
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/bash\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  writeFileSync(join(folder, "seconds"), "");
  if (kept) writeFileSync(join(folder, "kept-back"), "");
  const script = rendered.replace("disk=/var/lib/postgresql", `disk=${folder}`).replace("metrics=/var/lib/prometheus/node-exporter", `metrics=${folder}`);
  const { signal, stderr } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8", timeout: 30_000, env: { PATH: `${folder}:/usr/bin:/bin` } });
  if (signal !== "SIGTERM" || stderr !== "") throw new Error(`ended by ${String(signal)}: ${stderr}`);
  const lines = (name: string): string[] => existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").trim().split("\n") : [];
  return {
    kept: existsSync(join(folder, "kept-back")),
    published: lines("published").map((line) => line.replace(/ \d+$/, "")),
    handedOverTo: lines("switchovers").map((line) => / --leader db-2 --candidate (\S+) quickcart$/.exec(line)?.[1] ?? line),
    metric: lines("quickcart_room.prom").at(-1) ?? "",
  };
}

const says = (...states: string[]): string[] => states.map((state) => `/quickcart/room/db-2 ${state}`);

test("keeps two percent of the disk back, 512 MiB at least, where there is room for it twice", () => {
  expect(live({ free: [ample], kept: false, seconds: 2 })).toEqual({ kept: true, published: says("ample"), handedOverTo: [], metric: "quickcart_room_kept 1" });
  expect(readFileSync(join(folder, "kept-back"), "utf8")).toBe(`${512 * 1024 * 1024}\n`);
});

test.each([
  ["a disk that is merely used well", { free: [600] }, { kept: true, published: says("ample") }],
  ["one that was full, and is still short of room", { free: [1000], kept: false }, { kept: false, published: says("short") }],
  ["one that has room again", { free: [1000, ample], kept: false }, { kept: true, published: says("short", "ample") }],
  ["a full one", { free: [ample, full, 500] }, { kept: false, published: says("ample", "short") }],
])("%s", (_, machine, expected) => {
  expect(live(machine)).toMatchObject({ ...expected, handedOverTo: [] });
});

test("a full disk's metric says so", () => {
  expect(live({ free: [full] }).metric).toBe("quickcart_room_kept 0");
});

describe("a primary without room", () => {
  const room = (name: string, said = "ample", ago = 30): Record<string, readonly [string, number]> => ({ [name]: [said, ago] });
  test.each<[string, Omit<Machine, "free" | "primary">, string[]]>([
    ["hands over to one that has some", { others: { ...room("db-1", "short"), ...room("db-3") } }, ["db-3"]],
    ["not before it has tried with what was kept back", { others: room("db-1"), seconds: 5 }, []],
    ["not to one that has long said nothing", { others: room("db-1", "ample", 1_000) }, []],
    ["to nobody when all are short", { others: { ...room("db-1", "short"), ...room("db-3", "short") } }, []],
  ])("%s", (_, machine, expected) => {
    expect(live({ free: [full], primary: true, ...machine }).handedOverTo).toEqual(expected);
  });

  test("keeps its place when there is room again in time", () => {
    expect(live({ free: [full, full, ample], primary: true, others: room("db-1") })).toMatchObject({ kept: true, handedOverTo: [] });
  });
});

test("a standby without room hands nothing over", () => {
  expect(live({ free: [full], others: { "db-1": ["ample", 1] } }).handedOverTo).toEqual([]);
});
