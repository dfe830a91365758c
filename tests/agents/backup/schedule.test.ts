import { isDue, lastDue } from "../../../agents/backup/schedule.ts";

describe("the last moment at which a backup was due", () => {
  test.each([
    ["this morning", "2026-11-21T12:00:00Z", "02:00", "Asia/Jakarta", "2026-11-20T19:00:00Z"],
    ["this very second", "2026-11-20T19:00:00Z", "02:00", "Asia/Jakarta", "2026-11-20T19:00:00Z"],
    ["yesterday, a second before today's", "2026-11-20T18:59:59Z", "02:00", "Asia/Jakarta", "2026-11-19T19:00:00Z"],
    ["in UTC", "2026-11-21T02:00:30Z", "02:00", "UTC", "2026-11-21T02:00:00Z"],
    ["on the other side of the date line", "2026-11-21T12:30:00Z", "02:00", "Pacific/Kiritimati", "2026-11-21T12:00:00Z"],
    ["in half an hour's zone", "2026-11-21T00:00:00Z", "05:15", "Asia/Kolkata", "2026-11-20T23:45:00Z"],
    ["before the clocks go back, the second time", "2026-10-25T12:00:00Z", "02:00", "Europe/Berlin", "2026-10-25T01:00:00Z"],
    ["after the clocks went forward over it", "2026-03-29T12:00:00Z", "02:30", "Europe/Berlin", "2026-03-29T01:30:00Z"],
    ["at midnight", "2026-11-21T17:00:00Z", "00:00", "Asia/Jakarta", "2026-11-21T17:00:00Z"],
    ["a minute before midnight", "2026-11-21T17:00:00Z", "23:59", "Asia/Jakarta", "2026-11-21T16:59:00Z"],
  ])("%s", (_what, now, at, timeZone, due) => {
    expect(lastDue(new Date(now), { at, timeZone }).toISOString()).toBe(new Date(due).toISOString());
  });
});

describe("a full backup is due", () => {
  const schedule = { at: "02:00", timeZone: "Asia/Jakarta" };
  test.each([
    ["when there is none", "2026-11-21T12:00:00Z", null, true],
    ["when the newest began before it was due", "2026-11-20T19:00:00Z", "2026-11-19T19:00:10Z", true],
    ["not again on the same day", "2026-11-20T19:30:00Z", "2026-11-20T19:00:10Z", false],
    ["after days without any primary", "2026-11-21T12:00:00Z", "2026-11-15T19:00:10Z", true],
    ["not because one was taken by hand since", "2026-11-21T12:00:00Z", "2026-11-21T03:00:00Z", false],
  ])("%s", (_what, now, last, due) => {
    expect(isDue(new Date(now), last === null ? null : new Date(last), schedule)).toBe(due);
  });
});
