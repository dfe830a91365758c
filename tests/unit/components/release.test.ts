import { type Raised, hashes, plain, raise } from "./raise.ts";

const config = { "quickcart:region": "fra1", "quickcart:app": '{"count":3,"port":4000}' };

let raised: Raised;
beforeAll(async () => { raised = await raise(config); });

const document = (name: string): unknown => JSON.parse(String(plain(raised.the("SpacesBucketObject", name).inputs["content"])));
const waits = (type: string, name: string): string[] => raised.the(type, name).dependsOn;
const bundle = `release-app-${hashes.app.slice(0, 12)}`;

test("the first app server is the canary: it is told once the bundle is there", () => {
  expect(raised.the("SpacesBucketObject", "release-canary").inputs["key"]).toBe("release/canary.json");
  expect(document("release-canary")).toEqual({ version: 1, machine: "app-1", app: hashes.app });
  expect(waits("SpacesBucketObject", "release-canary")).toContain(bundle);
  expect(waits("Command", "app-1-ready")).toContain("release-canary");
  expect(waits("Command", "app-1-ready")).not.toContain("release");
});

test("all others are told once the canary has passed its gate, and have their gates at once", () => {
  expect(raised.the("SpacesBucketObject", "release").inputs["key"]).toBe("release/base.json");
  expect(document("release")).toEqual({ version: 1, app: hashes.app });
  expect(waits("SpacesBucketObject", "release")).toContain("app-1-ready");
  for (const [gate, other] of [["app-2-ready", "app-3-ready"], ["app-3-ready", "app-2-ready"]] as const) {
    expect(waits("Command", gate)).toContain("release");
    expect(waits("Command", gate)).not.toContain(other);
  }
});

test("a gate asks for this bundle, in either slot, and again for each other one", async () => {
  const { create, triggers } = raised.the("Command", "app-2-ready").inputs;
  for (const part of [hashes.app, "4000", "4001"]) expect(String(create)).toContain(part);
  expect(triggers).toContain(hashes.app);
});

test("a release goes out by itself: nothing of it waits for what is named anew when other programs change", () => {
  const ofTheRelease = raised.resources.filter(({ name }) => /^release|^app-\d-ready$/.test(name));
  expect(ofTheRelease.length).toBeGreaterThan(8);
  for (const { name, dependsOn } of ofTheRelease) expect([name, dependsOn.filter((other) => other.startsWith("storage-"))]).toEqual([name, []]);
});
