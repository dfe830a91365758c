import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reportOf } from "../../../agents/proof/failure.ts";
import { lastReport, metricsOf, publish, type Report } from "../../../agents/proof/report.ts";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "quickcart-proof-")); });
afterEach(() => rmSync(folder, { recursive: true }));

const at = new Date("2026-11-22T22:00:00Z");
const proved: Report = {
  version: 1, at: at.toISOString(), run: "a1", ok: true, wrong: [], alarms: [],
  proof: {
    label: "20261122-190000F", bytes: 30e9, tables: 12, reached: "2026-11-22T21:59:20.000Z", rpoSeconds: 40, copySeconds: 300, replaySeconds: 60, checkSeconds: 90,
    megabytesPerSecond: 100, largestBytes: 84e9, roomBytes: 120e9,
  },
};
const values = (report: Report): Record<string, number> => Object.fromEntries(metricsOf(report).map(({ name, value }) => [name.replace("quickcart_proof_", ""), value]));

test("what is kept is a report, and figures where the exporter looks", async () => {
  await publish(folder, proved, join(folder, "metrics"));
  expect(await lastReport(folder)).toEqual(proved);
  expect(readFileSync(join(folder, "metrics", "quickcart_proof.prom"), "utf8")).toContain("\nquickcart_proof_largest_database_bytes 84000000000\n");
  expect(values(proved)).toMatchObject({
    ok: 1, timestamp_seconds: at.getTime() / 1000, alarms: 0, rpo_seconds: 40, copy_seconds: 300, bytes_per_second: 1e8, database_bytes: 30e9, room_bytes: 120e9,
  });
});

test("a backup that is not proved is told as 0, with figures only as far as they were seen", () => {
  expect(values({ ...proved, ok: false, wrong: ["app.public.posts is missing"], alarms: ["nearly too large"] })).toMatchObject({ ok: 0, alarms: 1, bytes_per_second: 1e8 });
  expect(values({ ...proved, ok: false, wrong: ["there is no backup"], proof: null })).toEqual({ ok: 0, timestamp_seconds: at.getTime() / 1000, alarms: 0 });
});

test.each([["none", null], ["half of one", '{"version":1'], ["an older program's", '{"version":1,"ok":true}']])("where there is %s, nothing was reported", async (_, text) => {
  if (text !== null) writeFileSync(join(folder, "report.json"), text);
  expect(await lastReport(folder)).toBeNull();
});

describe("after the unit failed", () => {
  const failed: Report = { ...proved, ok: false, wrong: ["there is no backup"], proof: null };
  test("what the proof said itself stands", () => {
    expect(reportOf({ run: "a1", result: "exit-code" }, failed, at)).toBe(failed);
  });
  test.each([["last week's", proved], ["nobody's", null]])("where it was ended first, %s report does not stand for it", (_, last) => {
    const report = reportOf({ run: "b2", result: "oom-kill" }, last, at);
    expect(report).toEqual({ ...failed, run: "b2", wrong: ["the proof was ended before it could say anything (systemd: oom-kill)"] });
    expect(values(report)["ok"]).toBe(0);
  });
});
