import { judge } from "../../../agents/backup/judge.ts";
import { parseTarget } from "../../../make/restore/target.ts";

const now = new Date("2026-11-21T12:00:00Z");

test.each([
  ["2026-11-21T02:15+07:00", "2026-11-20T19:15:00.000Z"],
  ["2026-11-21 02:15:30+07:00", "2026-11-20T19:15:30.000Z"],
  ["2026-11-20T19:15:30.25Z", "2026-11-20T19:15:30.250Z"],
  ["2026-11-21T12:00:00Z", "2026-11-21T12:00:00.000Z"],
  ["2026-11-20T19:15-03:30", "2026-11-20T22:45:00.000Z"],
])("%s is a moment", (text, until) => {
  expect(parseTarget(text, now)).toEqual({ kind: "at", until: new Date(until) });
});

test("the end of the archive has a name", () => {
  expect(parseTarget("latest", now)).toEqual({ kind: "latest" });
});

test.each([
  ["without any", undefined, "the moment to restore is missing"],
  ["an empty one", "", "the moment to restore is missing"],
  ["without an offset", "2026-11-21T02:15", "has no offset"],
  ["in the future", "2026-11-21T12:00:01Z", "is in the future"],
  ["in the future by its offset", "2026-11-21T09:00-07:00", "is in the future"],
  ["a day alone", "2026-11-21", "is no moment"],
  ["words", "yesterday", "is no moment"],
  ["on no calendar", "2026-02-30T02:15Z", "is on no calendar or clock"],
  ["in month 13", "2026-13-01T02:15Z", "is on no calendar or clock"],
  ["on no clock", "2026-11-21T25:15Z", "is on no calendar or clock"],
  ["a command", "2026-11-21T02:15Z; reboot", "is no moment"],
])("refused: %s", (_what, text, why) => {
  const target = parseTarget(text, now);
  expect(target).toMatchObject({ kind: "refused" });
  expect(target.kind === "refused" && target.why).toContain(why);
});

describe("a restore to a moment", () => {
  const backup = (label: string, ended: string) => ({
    label, type: "full" as const, flawed: false, started: new Date(ended), ended: new Date(ended), stopLsn: "0/2000120", repository: 1, bytes: 1,
  });
  const known = { stack: "prod", owner: "prod", backups: [backup("b", "2026-11-20T02:00:00Z"), backup("a", "2026-11-19T02:00:00Z")], until: new Date("2026-11-21T11:58:59Z") };
  test.each([
    ["within the archive", "2026-11-21T10:00:00Z", known],
    ["at the end of the first backup", "2026-11-19T02:00:00Z", known],
    ["at the end of what is known to be archived", "2026-11-21T11:58:59Z", known],
    ["as far as the archive goes, however little is known of it", null, { ...known, until: null }],
  ])("is taken: %s", (_what, wanted, facts) => {
    expect(judge(wanted === null ? null : new Date(wanted), facts).refused).toBeNull();
  });
  test.each([
    ["before the first backup", "2026-11-19T01:59:59Z", known, "is before the end of the first backup that is kept, 2026-11-19T02:00:00.000Z"],
    ["after the archive", "2026-11-21T11:59:00Z", known, "the archive is known to reach 2026-11-21T11:58:59.000Z"],
    ["with an archive of which nothing is known", "2026-11-21T10:00:00Z", { ...known, until: null }, "the archive is known to reach no moment yet"],
    ["without a backup", null, { ...known, backups: [] }, "there is no backup yet"],
    ["from another stack's bucket", null, { ...known, owner: "staging" }, "the bucket holds the backups of the stack staging, not of prod"],
    ["from a bucket that says nothing", null, { ...known, owner: null }, "it is not this stack's"],
  ])("is refused: %s", (_what, wanted, facts, why) => {
    expect(judge(wanted === null ? null : new Date(wanted), facts).refused).toContain(why);
  });
});
