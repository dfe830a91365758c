import { startChild } from "../../../../app/testing/childProcess.ts";
import { waitFor } from "../../../../make/wait.ts";
import { visitorsCode } from "../../../drills/visitors/bundle.ts";

const app = "../tests/drills/visitors/app.ts";

const post = async (port: number, body: unknown): Promise<Response> => await fetch(`http://127.0.0.1:${port}/drill/orders`, {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
});

test("an order is answered by the server's name and logged as executed", async () => {
  await using child = startChild(app, { RELEASE: "r1" });
  const port = await child.port;
  expect(await (await post(port, { order: 1_763_732_000_000_001 })).json()).toEqual({ order: 1_763_732_000_000_001, server: "app-1", release: "r1" });
  // Its log comes by a pipe of its own, perhaps after the answer.
  await waitFor(async () => await Promise.resolve(child.output().includes('"order":1763732000000001,"msg":"executed"') || undefined), { what: "the order in the log", limitMs: 5_000 });
});

test("what is no order is refused, and not executed", async () => {
  await using child = startChild(app, {});
  const port = await child.port;
  for (const body of [{}, { order: "1" }, { order: -1 }, { order: 1.5 }]) expect((await post(port, body)).status).toBe(400);
  expect(child.output()).not.toContain("executed");
});

test("a slow answer comes after 3 s", async () => {
  await using child = startChild(app, { RELEASE: "r1" });
  const port = await child.port;
  const asked = performance.now();
  expect(await (await fetch(`http://127.0.0.1:${port}/drill/slow`)).json()).toEqual({ server: "app-1", release: "r1" });
  expect(performance.now() - asked).toBeGreaterThan(2_990);
});

test("versions differ, and a version is always the same", async () => {
  const [one, again, two] = await Promise.all([visitorsCode("1"), visitorsCode("1"), visitorsCode("2")]);
  expect(one.equals(again)).toBe(true);
  expect(one.equals(two)).toBe(false);
  await expect(visitorsCode("../1")).rejects.toThrow("a version is");
});
