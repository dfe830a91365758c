import { type Drill, type DrillContext } from "../../drills/drill.ts";
import { perform, table } from "../../drills/perform.ts";

const drill = (run: (context: DrillContext) => Promise<void>): Drill => ({ name: "one", promise: "p", minutes: 1, suite: "ci", where: "host", sabotage: "s", run });
const quiet = (): void => undefined;

test.each<[string, (context: DrillContext) => void, boolean]>([
  ["a figure within its limit", ({ figure }) => figure("gap", 2.9, "s", { max: 3 }), true],
  ["a figure at its limit", ({ figure }) => figure("gap", 3, "s", { max: 3 }), true],
  ["a figure above its limit", ({ figure }) => figure("gap", 3.01, "s", { max: 3 }), false],
  ["a figure below its minimum", ({ figure }) => figure("answered", 0, "count", { min: 1 }), false],
  ["a figure that is no number", ({ figure }) => figure("gap", Number.NaN, "s", { max: 3 }), false],
  ["a promise held", ({ holds }) => holds("it", true), true],
  ["a promise broken", ({ holds }) => { holds("this", true); holds("that", false); }, false],
  ["nothing looked at", () => undefined, false],
  ["something skipped beside a promise held", ({ holds, skip }) => { holds("it", true); skip("that", "no such kernel module"); }, true],
])("%s", async (_, act, ok) => {
  const report = await perform(drill(async (context) => { act(context); await Promise.resolve(); }), false, quiet);
  expect(report.ok).toBe(ok);
});

test("what was broken is restored, last first, also after a failure; a restore that fails fails the drill", async () => {
  const undone: string[] = [];
  const report = await perform(drill(async ({ restore, holds }) => {
    holds("it", true);
    restore("first", async () => { undone.push("first"); await Promise.resolve(); });
    restore("second", async () => { undone.push("second"); await Promise.reject(new Error("stuck")); });
    await Promise.reject(new Error("the machine is gone"));
  }), false, quiet);
  expect(undone).toEqual(["second", "first"]);
  expect(report).toMatchObject({ ok: false, error: "the machine is gone; could not restore second: stuck" });
});

test("the table shows what was seen beside what was promised", async () => {
  const report = await perform(drill(async ({ figure, holds }) => { figure("gap", 0.5, "s", { max: 3 }); holds("address moved", false); await Promise.resolve(); }), false, quiet);
  expect(table(report.rows)).toEqual([
    "    what           seen    promised",
    "ok  gap            0.50 s  <= 3 s",
    "NO  address moved  no      yes",
  ]);
  expect(report.figures).toEqual({ gap: 0.5 });
});
