import { coalesce, serial } from "../../../localcloud/api/coalesce.ts";

/** A run that ends when told to. */
function controlled(): { run: () => Promise<void>; started: number; finish: (error?: Error) => Promise<void> } {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const control = {
    started: 0,
    run: () => {
      control.started += 1;
      return new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
    },
    finish: async (error?: Error) => {
      const end = ends.shift();
      if (error === undefined) end?.resolve();
      else end?.reject(error);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return control;
}

test("calls during a run share the next one, and no call rides on a run that began before it", async () => {
  const control = controlled();
  const run = coalesce(control.run);
  const ended: string[] = [];
  void run().then(() => ended.push("first"));
  void run().then(() => ended.push("second"));
  void run().then(() => ended.push("third"));
  expect(control.started).toBe(1);
  await control.finish();
  expect([control.started, ended]).toEqual([2, ["first"]]);
  await control.finish();
  expect([control.started, ended]).toEqual([2, ["first", "second", "third"]]);
  void run();
  expect(control.started).toBe(3);
});

test("a failure is told to its own callers only", async () => {
  const control = controlled();
  const run = coalesce(control.run);
  const outcomes: string[] = [];
  const note = (name: string) => run().then(() => outcomes.push(`${name} ok`), () => outcomes.push(`${name} failed`));
  void note("first");
  void note("second");
  await control.finish(new Error("no"));
  await control.finish();
  expect(outcomes).toEqual(["first failed", "second ok"]);
});

test("serial: in order, one at a time, over failures", async () => {
  const inOrder = serial();
  const seen: string[] = [];
  const step = (name: string, fail = false) => inOrder(async () => {
    seen.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(`${name} ends`);
    if (fail) throw new Error(name);
    return name;
  });
  const [one, two, three] = await Promise.allSettled([step("a"), step("b", true), step("c")]);
  expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  expect([one.status, two.status, three.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
