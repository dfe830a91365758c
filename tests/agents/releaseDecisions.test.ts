import { candidates, type Releases } from "../../agents/release/candidates.ts";
import { nextStep, type Step } from "../../agents/release/decide.ts";
import { ReleaseDocuments, releasesSchema } from "../../agents/release/documents.ts";
import { surplus } from "../../agents/release/surplus.ts";
import { parseDocument } from "../../agents/follow.ts";
import { keys } from "../../agents/documents.ts";
import type { Slot } from "../../agents/slots.ts";
import { BucketServer } from "./support/bucketServer.ts";

const [one, two] = ["1", "2"].map((digit) => digit.repeat(64)) as [string, string];

describe("what a machine is to serve", () => {
  const base = { version: 1 as const, app: one };
  const canary = { version: 1 as const, machine: "app-1", app: two };
  test.each<[string, Releases, string, string[]]>([
    ["without documents", { canary: null, base: null }, "app-1", []],
    ["without a canary", { canary: null, base }, "app-1", [one]],
    ["as the canary", { canary, base }, "app-1", [two, one]],
    ["as any other", { canary, base }, "app-2", [one]],
    ["as the canary of a new site", { canary, base: null }, "app-1", [two]],
    ["as any other of a new site", { canary, base: null }, "app-2", []],
    ["when the release is over", { canary: { ...canary, app: one }, base }, "app-1", [one]],
  ])("%s", (_, releases, machine, expected) => {
    expect(candidates(releases, machine)).toEqual(expected);
  });
});

describe("the next step, with what each slot holds and whether it serves", () => {
  const place = (slot: Slot): Step => ({ kind: "place", slot });
  const runs = (slot: Slot): Step => ({ kind: "run", slot });
  const handOver = (from: Slot, to: Slot): Step => ({ kind: "handOver", from, to });
  test.each<[string, string, Step]>([
    ["-", "-", place("blue")],
    ["old+", "-", place("green")],
    ["-", "old+", place("blue")],
    ["old", "-", place("green")],
    ["new", "-", runs("blue")],
    ["-", "new+", runs("green")],
    ["old+", "new", handOver("blue", "green")],
    ["old+", "new+", handOver("blue", "green")],
    ["new", "old+", handOver("green", "blue")],
    ["new", "old", handOver("green", "blue")],
    // Another release was wanted before the last one was through.
    ["old+", "other+", handOver("green", "blue")],
    ["old", "other+", handOver("blue", "green")],
    ["old+", "other", handOver("green", "blue")],
    ["old", "other", handOver("green", "blue")],
  ])("%s | %s", (blue, green, expected) => {
    const state = (text: string) => ({ bundle: text === "-" ? null : text.replace("+", ""), serves: text.endsWith("+") });
    expect(nextStep({ blue: state(blue), green: state(green) }, "new")).toEqual(expected);
  });
});

describe("the two documents, read as one", () => {
  let server: BucketServer;
  let documents: ReleaseDocuments;
  beforeEach(async () => {
    server = new BucketServer();
    documents = new ReleaseDocuments(await server.listen());
  });
  afterEach(() => server.close());

  const canary = { version: 1, machine: "app-1", app: two };
  const base = { version: 1, app: one };

  async function read(etag: string | null = null): Promise<{ releases: unknown; etag: string | null }> {
    const answer = await documents.read("", etag);
    if (answer.kind !== "found") throw new Error(answer.kind);
    return { releases: parseDocument(releasesSchema, answer.body), etag: answer.etag };
  }

  test("are missing, come one after the other, change, and stay", async () => {
    expect(await documents.read("", null)).toEqual({ kind: "missing" });
    server.put(keys.canary, JSON.stringify(canary));
    const first = await read();
    expect(first.releases).toEqual({ canary, base: null });
    server.put(keys.release, JSON.stringify(base));
    const second = await read(first.etag);
    expect(second.releases).toEqual({ canary, base });
    expect(await documents.read("", second.etag)).toEqual({ kind: "unchanged" });
    server.put(keys.canary, JSON.stringify({ ...canary, app: one }));
    expect((await read(second.etag)).releases).toEqual({ canary: { ...canary, app: one }, base });
  });

  test("one that vanishes stays in force", async () => {
    server.put(keys.canary, JSON.stringify(canary));
    server.put(keys.release, JSON.stringify(base));
    const { etag } = await read();
    server.objects.delete(`/${keys.canary}`);
    expect(await documents.read("", etag)).toEqual({ kind: "unchanged" });
  });

  test("a storage that is away hides no change that it had told half of", async () => {
    server.put(keys.release, JSON.stringify(base));
    const { etag } = await read();
    server.put(keys.canary, JSON.stringify(canary));
    server.failure = { status: 503, code: "SlowDown" };
    await expect(documents.read("", etag)).rejects.toThrow("503 SlowDown");
    server.failure = null;
    expect((await read(etag)).releases).toEqual({ canary, base });
  });

  test("where a key may not list, S3 answers 403 for what is not there yet; for what was there it is an error", async () => {
    server.failure = { status: 403, code: "AccessDenied" };
    expect(await documents.read("", null)).toEqual({ kind: "missing" });
    server.failure = null;
    server.put(keys.release, JSON.stringify(base));
    const { etag } = await read();
    server.failure = { status: 403, code: "AccessDenied" };
    await expect(documents.read("", etag)).rejects.toThrow("403 AccessDenied");
    server.failure = { status: 403, code: "SignatureDoesNotMatch" };
    await expect(new ReleaseDocuments(server.bucket()).read("", null)).rejects.toThrow("403 SignatureDoesNotMatch");
  });

  test.each([["no JSON", "{"], ["no release", '{"version":1,"machine":"app-1","app":"latest"}']])("one that is %s is refused by name", async (_, text) => {
    server.put(keys.canary, text);
    await expect(read()).rejects.toThrow(/^canary/);
  });
});

test.each([
  { bundles: "", held: "", goes: "" },
  { bundles: "abcde", held: "a", goes: "" },
  { bundles: "abcdef", held: "f", goes: "a" },
  { bundles: "abcdef", held: "a", goes: "b" },
  { bundles: "abcdefg", held: "ab", goes: "cd" },
  { bundles: "abcdefg", held: "", goes: "ab" },
])("of $bundles, oldest first, with $held in slots, $goes goes", ({ bundles, held, goes }) => {
  const installed = [...bundles].map((name, index) => ({ name, selectedMs: index }));
  expect(surplus(installed, [...held]).toSorted().join("")).toBe(goes);
});
