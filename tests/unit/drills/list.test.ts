import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";

/** By Node itself: some of what drills import is a program, too, which Jest cannot load. */
const listed = execFileSync(process.execPath, ["--input-type=module", "--eval", `
  import { drills } from ${JSON.stringify(join(import.meta.dirname, "../../drills/list.ts"))};
  console.log(JSON.stringify(drills));
`], { encoding: "utf8" });
const drills = z.array(z.object({ name: z.string(), promise: z.string(), sabotage: z.string(), minutes: z.number(), suite: z.enum(["ci", "nightly"]) })).parse(JSON.parse(listed));
const ci = drills.filter(({ suite }) => suite === "ci");

test("no two drills have one name, and each says what it promises and what must make it fail", () => {
  expect(new Set(drills.map(({ name }) => name)).size).toBe(drills.length);
  for (const { promise, sabotage } of drills) expect([promise, sabotage]).not.toContain("");
});

test("those that are part of every `make test` take a quarter of an hour at most", () => {
  expect(ci.reduce((sum, { minutes }) => sum + minutes, 0)).toBeLessThanOrEqual(15);
});

test.each([
  ["lb", "lb-power", "lb-haproxy-killed"],
  ["app", "app-power", "app-hung"],
  ["db", "db-power", "db-postmaster-killed"],
  ["redis", "redis-power", "redis-killed"],
  ["bastion", "egress-bastion-power", "egress-bastion-killed"],
])("of the tier %s a power loss and a failed process are among them", (_, ...names) => {
  expect(ci.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
});
