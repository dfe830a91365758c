import type { Manifest, TableSum } from "../../../agents/backup/documents.ts";
import { achievedRpo, differences, largestInTime, nearing, roomOn, shortfall, tooOld } from "../../../agents/proof/compare.ts";
import { flawsIn } from "../../../agents/proof/instance.ts";

const table: TableSum = { database: "app", schema: "public", table: "posts", bytes: 8192, percent: 100, rows: "12", sum: "-345" };
const manifest: Manifest = { version: 1, label: "20261121-020000F", takenAt: "2026-11-21T02:01:00.000Z", lsn: "0/5000000", timeline: 1, by: "db-2", tables: [table] };

test.each([
  ["nothing, when all is as it was", [table], []],
  ["a table that is gone", [], ["app.public.posts is missing"]],
  ["a row that is gone", [{ ...table, rows: "11" }], ["app.public.posts has 11 rows, and had 12"]],
  ["a row that is another", [{ ...table, sum: "-346" }], ["app.public.posts has other rows than it had, though as many (12)"]],
  ["a table so much larger that another sample was taken", [{ ...table, bytes: 1e9, percent: 6.7 }], ["app.public.posts has 1000000000 bytes, and had 8192"]],
  ["a table that nobody knew", [table, { ...table, table: "ghosts" }], ["app.public.ghosts was not there"]],
])("the comparison says: %s", (_what, found, said) => {
  expect(differences(manifest, found)).toEqual(said);
});

test.each([
  ["100 MB/s and 100 s of replay leave 80 GB", { copying: 10, bytes: 1e9, replaying: 100 }, 80e9],
  ["a replay that takes all of the time leaves nothing", { copying: 10, bytes: 1e9, replaying: 900 }, 0],
  ["and not less than nothing", { copying: 10, bytes: 1e9, replaying: 1200 }, 0],
  ["of a pace that nobody saw nothing follows", { copying: 0, bytes: 1e9, replaying: 1 }, 0],
])("within 15 minutes: %s", (_what, times, bytes) => {
  expect(largestInTime(times)).toBe(bytes);
});

test("of what pgBackRest says while it verifies, the files that are not as they were", () => {
  expect(flawsIn([
    "2026-11-21 20:42:00.016 P00   INFO: verify command begin 2.55.1: --config='x' --set=20261121-204036F",
    "2026-11-21 20:42:03.945 P02   INFO: invalid checksum '20261121-204036F/bundle/1'",
    "2026-11-21 20:42:07.389 P00   INFO: stanza: quickcart", "                                    status: error", "    checksum invalid: 1",
    "2026-11-21 20:42:07.389 P00   INFO: verify command end: completed successfully (7382ms)",
  ].join("\n"))).toEqual(["invalid checksum '20261121-204036F/bundle/1'"]);
  expect(flawsIn("pgbackrest: ended with 49")).toEqual([]);
});

const gib = 1024 ** 3;

test.each([
  ["a tenth is for others, 5 GiB for WAL, and the rest has to hold a tenth more than the backup", { bytes: 150 * gib, free: 130 * gib }, 100 * gib],
  ["one that is nearly full has none", { bytes: 25 * gib, free: 7 * gib }, 0],
])("a disk's room: %s", (_what, disk, room) => {
  expect(Math.round(roomOn(disk) / gib) * gib).toBe(room);
});

test.each([
  [79e9, 100e9, null],
  [80e9, 100e9, "the database has 80.0 GB of the 100.0 GB that fit"],
  [180e9, 100e9, "the database has 180.0 GB of the 100.0 GB that fit"],
  [1, 0, "the database has 0.0 GB of the 0.0 GB that fit"],
])("a database of %d bytes, of %d that fit, alarms: %s", (bytes, limit, said) => {
  expect(nearing("that fit", bytes, limit)).toBe(said);
});

describe("how far the archive goes", () => {
  const at = (time: string): Date => new Date(`2026-11-21T${time}Z`);
  test.each([
    ["as far as was said", at("02:10:00"), at("02:10:00"), null],
    ["further", at("02:10:30"), at("02:09:30"), null],
    ["not as far: something in between is missing", at("02:08:00"), at("02:10:00"), "120 s of it cannot be restored"],
    ["nobody knows", at("02:08:00"), null, "the archive does not say until when it is whole"],
  ])("%s", (_what, reached, marked, why) => {
    const said = shortfall(reached, marked);
    if (why === null) expect(said).toBeNull();
    else expect(said).toContain(why);
  });
  test.each([[at("02:11:00"), at("02:10:15"), 45], [at("02:10:00"), at("02:10:15"), 0]])("a proof that began at %s and reached %s would have lost %d s", (began, reached, seconds) => {
    expect(achievedRpo(began, reached)).toBe(seconds);
  });
  test("an archive that has stood still for more than five minutes is no good, however whole", () => {
    expect(tooOld(300)).toBeNull();
    expect(tooOld(301)).toContain("the newest that could be restored is 301 s old");
  });
});
