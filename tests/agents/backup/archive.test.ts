import { missingSegments, segmentOf } from "../../../agents/backup/archive.ts";
import { isTurn } from "../../../agents/backup/backup.ts";
import { decideBeginning, restoreArguments } from "../../../agents/backup/bootstrap.ts";
import { parseInfo } from "../../../agents/backup/info.ts";
import { percentOf } from "../../../agents/backup/manifest.ts";
import { metricsText } from "../../../agents/backup/metrics.ts";

test.each([
  ["0/1000060", "0000000000000001"],
  ["0/2A000060", "000000000000002A"],
  ["1/FF000000", "00000001000000FF"],
])("the place %s lies in the segment %s", (lsn, segment) => {
  expect(segmentOf(lsn)).toBe(segment);
});

describe("what an earlier primary may have left undone", () => {
  const files = [
    "000000010000000000000004", "000000010000000000000005", "000000010000000000000006", "000000010000000000000007.partial",
    "00000002.history", "000000020000000000000007", "000000020000000000000008", "archive_status",
  ];
  test.each([
    ["segments of its timeline from the last one known to be archived", { timeline: 1, lsn: "0/5000100" }, 2, ["000000010000000000000005", "000000010000000000000006"]],
    ["nothing on the timeline that is being archived", { timeline: 2, lsn: "0/7000100" }, 2, []],
    ["segments of both timelines, the older one first", { timeline: 1, lsn: "0/6000000" }, 3, ["000000010000000000000006", "000000020000000000000007", "000000020000000000000008"]],
  ])("%s", (_what, mark, timeline, segments) => {
    expect(missingSegments(files, mark, timeline)).toEqual(segments);
  });
});

const backup = {
  label: "20261121-020000F", type: "full", error: false, timestamp: { start: 1_795_000_000, stop: 1_795_000_060 }, lsn: { start: "0/2000028", stop: "0/2000120" },
  database: { id: 1, "repo-key": 1 }, info: { size: 30_000_000 }, archive: { start: "000000010000000000000002", stop: "000000010000000000000002" }, prior: null,
};

function said(code: number, backups: object[] = []): string {
  return JSON.stringify([{ name: "quickcart", status: { code, message: "words", lock: {} }, backup: backups, archive: [], db: [] }]);
}

describe("what pgBackRest says of the archive", () => {
  test("backups, oldest first, of all repositories", () => {
    const later = { ...backup, label: "20261122-020000F", timestamp: { start: 1_795_086_400, stop: 1_795_086_460 }, database: { id: 1, "repo-key": 2 } };
    const { begun, backups } = parseInfo(said(0, [later, backup]));
    expect(begun).toBe(true);
    expect(backups.map(({ label, repository }) => [label, repository])).toEqual([["20261121-020000F", 1], ["20261122-020000F", 2]]);
    expect(backups[0]).toMatchObject({ ended: new Date(1_795_000_060_000), stopLsn: "0/2000120", bytes: 30_000_000, flawed: false });
  });
  test.each([[1, false], [2, true], [3, false]])("code %d: nothing was backed up; has an archive begun? %s", (code, begun) => {
    expect(parseInfo(said(code))).toEqual({ begun, backups: [] });
  });
  test.each([4, 5, 99])("code %d is no answer, and nothing may be concluded from it", (code) => {
    expect(() => parseInfo(said(code))).toThrow(`the backups cannot be read (${code} words)`);
  });
});

describe("where there is no cluster", () => {
  const { backups } = parseInfo(said(0, [backup]));
  const until = "2026-11-20T19:15:00.000Z";
  test.each([
    ["a new database begins when there are no backups", { begun: false, backups: [] }, null, { kind: "new" }],
    ["a new one begins, too, after a first one that never had a backup", { begun: true, backups: [] }, null, { kind: "new" }],
    ["a database that has backups comes back as far as the archive goes", { begun: true, backups }, null, { kind: "restore", until: null }],
    ["or to the moment that was asked for", { begun: true, backups }, { version: 1 as const, until }, { kind: "restore", until }],
    ["a restore without backups begins nothing", { begun: true, backups: [] }, { version: 1 as const, until }, { kind: "refused", why: "a restore was asked for, and there is no backup" }],
  ])("%s", (_what, archive, request, beginning) => {
    expect(decideBeginning(archive, request)).toEqual(beginning);
  });
  test("pgBackRest is told the moment in UTC", () => {
    expect(restoreArguments(until)).toEqual(["--type=time", "--target=2026-11-20 19:15:00.000+00", "--target-action=promote"]);
    expect(restoreArguments(null)).toEqual(["--type=default"]);
  });
});

test.each([["db-1", 0, true], ["db-2", 119, false], ["db-2", 120, true], ["db-3", 239, false], ["db-3", 240, true]])("%s writes down what was in a backup %d s after it: %s", (name, seconds, turn) => {
  const ended = new Date("2026-11-21T02:00:00Z");
  expect(isTurn({ name, members: ["db-1", "db-2", "db-3"] }, { ended }, new Date(ended.getTime() + seconds * 1000))).toBe(turn);
});

test.each([[0, 100], [64 * 1024 * 1024, 100], [128 * 1024 * 1024, 50], [500 * 1024 ** 3, 0.0125]])("of a table of %d bytes %d percent are compared", (bytes, percent) => {
  expect(percentOf(bytes)).toBe(percent);
});

test("metrics are in Prometheus' text format", () => {
  expect(metricsText([{ name: "a_bytes", help: "What.", value: 3 }])).toBe("# HELP a_bytes What.\n# TYPE a_bytes gauge\na_bytes 3\n");
});
