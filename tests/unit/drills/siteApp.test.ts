import type { Drill } from "../../drills/drill.ts";
import { SiteApp } from "../../drills/siteApp.ts";

async function releasesFor(wanted: Drill["app"][], failing = false): Promise<string[]> {
  const done: string[] = [];
  const app = new SiteApp({
    async visitors() { done.push("visitors"); await (failing ? Promise.reject(new Error("no")) : Promise.resolve()); },
    async real() { done.push("real"); await Promise.resolve(); },
  });
  for (const one of [...wanted, undefined]) await app.want(one).catch(() => undefined);
  return done;
}

test.each<[string, Drill["app"][], string[]]>([
  ["nothing is released for drills that need nothing", [undefined, undefined], []],
  ["once for several drills in a row", ["visitors", "visitors"], ["visitors", "real"]],
  ["the real app is back for a drill that needs it", ["visitors", undefined, "visitors"], ["visitors", "real", "visitors", "real"]],
])("%s", async (_, wanted, expected) => {
  expect(await releasesFor(wanted)).toEqual(expected);
});

test("a release that failed is undone", async () => {
  expect(await releasesFor(["visitors"], true)).toEqual(["visitors", "real"]);
});
