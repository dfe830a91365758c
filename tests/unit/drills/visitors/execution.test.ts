import { compare, executedIn } from "../../../drills/visitors/execution.ts";

const line = (order: number, msg = "executed"): string => JSON.stringify({ level: "info", server: "app-1", release: "r1", order, msg });

test("executed orders are those of the run, as often as they ran", () => {
  const journal = [line(9), line(10), "Started quickcart-app@blue.service", line(11), line(11, "request"), line(10), line(12), ""].join("\n");
  expect(executedIn(journal, { from: 10, to: 12 })).toEqual([10, 11, 10]);
});

test.each<[string, number[], number[], { twice: number[]; missing: number[] }]>([
  ["every order once", [1, 2, 3], [1, 3], { twice: [], missing: [] }],
  ["one executed twice, whoever was told", [1, 2, 2, 2], [1], { twice: [2], missing: [] }],
  ["one acknowledged that never ran", [1], [1, 2], { twice: [], missing: [2] }],
])("%s", (_, executed, acknowledged, expected) => {
  expect(compare(executed, acknowledged)).toMatchObject(expected);
});
