import { z } from "zod";
import { createHandlers, type Handlers } from "../../../localcloud/plugins/core/handlers.ts";
import { defineResource, InitFailed, type Plugin } from "../../../localcloud/plugins/core/resource.ts";
import { conceal, type JsonObject, reveal, UNKNOWN } from "../../../localcloud/plugins/core/values.ts";

const token = "shop:index/thing:Thing";
const urn = `urn:pulumi:dev::tests::quickcart:components:Shop$${token}::web`;

const thing = defineResource({
  inputs: z.object({ name: z.string(), size: z.int(), rules: z.array(z.object({ port: z.int() })).optional(), password: z.string().optional(), fixed: z.string().optional() }),
  behaviour: { fixed: { replaces: true }, rules: { default: [] } },
  autoNamed: true,
  deleteBeforeReplace: "named",
  computed: ["address", "hash"],
  changedByUpdate: ["hash"],
  secretOutputs: ["hash"],
  create: async (inputs) => {
    if (inputs.size === 13) throw new InitFailed("half", { name: inputs.name, hash: "h" }, `never became ready, ${inputs.password ?? ""}`);
    return { id: "1", outputs: { ...(inputs as JsonObject), address: "10.0.0.1", hash: "h" } };
  },
});
const plugin: Plugin = { name: "shop", version: "1.0.0", secretSettings: [], configure: async () => undefined, resources: { [token]: thing }, functions: { "shop:index/ask:ask": async () => ({ a: 1, b: null }) } };

const logged: string[] = [];
const handlers: Handlers = createHandlers(plugin, { signal: new AbortController().signal, log: (_severity, message) => { logged.push(message); }, flush: async () => undefined });
const subject = (next: JsonObject, oldInputs: JsonObject = {}, oldOutputs: JsonObject = {}) => ({ urn, id: "1", oldInputs, oldOutputs, next, timeoutSeconds: 0 });
const none = { seed: new Uint8Array(), proposed: null };

describe("check", () => {
  it.each<{ inputs: JsonObject; property: string; reason: RegExp }>([
    { inputs: {}, property: "size", reason: /^Missing required property 'size'\.$/ },
    { inputs: { size: "big" }, property: "size", reason: /expected number/ },
    { inputs: { size: 1, rules: [{ port: 1 }, { port: "x" }] }, property: "rules[1].port", reason: /'rules\[1\]\.port': .*expected number/ },
    { inputs: { size: 1, colour: "red" }, property: "colour", reason: /'colour' is not an input .* Its inputs: fixed, name, password, rules, size/ },
  ])("$property: $reason", ({ inputs, property, reason }) => {
    expect(handlers.check(subject(inputs), none).failures).toEqual([{ property, reason: expect.stringMatching(reason) }]);
  });

  it("says nothing against what is not known yet", () => {
    expect(handlers.check(subject({ size: UNKNOWN, rules: [{ port: UNKNOWN }] }), none).failures).toEqual([]);
  });

  it("keeps the marks of secrets where they were", () => {
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "hunter2" };
    const { inputs, failures } = handlers.check(subject({ size: 1, password: secret }), none);
    expect(failures).toEqual([]);
    expect(inputs["password"]).toEqual(secret);
  });

  it("names what has no name, keeps that name, and takes the one that autonaming is set to", () => {
    const first = handlers.check(subject({ size: 1 }), none).inputs;
    expect(first["name"]).toMatch(/^web-[0-9a-f]{7}$/);
    expect(handlers.check(subject({ size: 2 }, first), none).inputs["name"]).toBe(first["name"]);
    const seeded = (): unknown => handlers.check(subject({ size: 1 }), { seed: Buffer.from("seed"), proposed: null }).inputs["name"];
    expect(seeded()).toBe(seeded());
    expect(handlers.check(subject({ size: 1 }), { seed: new Uint8Array(), proposed: "web" }).inputs["name"]).toBe("web");
    expect(handlers.check(subject({ size: 1, name: "given" }, first), none).inputs["name"]).toBe("given");
  });
});

describe("diff", () => {
  const old: JsonObject = { name: "web", size: 1, fixed: "a" };
  it.each<{ what: string; next: JsonObject; ignored?: string[]; changes: object[]; first?: boolean }>([
    { what: "nothing", next: old, changes: [] },
    { what: "a default written out", next: { ...old, rules: [] }, changes: [] },
    { what: "an update", next: { ...old, size: 2 }, changes: [{ key: "size", kind: "update", replaces: false, input: true }] },
    { what: "an addition and a removal", next: { name: "web", size: 1, password: "p" }, changes: [{ key: "fixed", kind: "delete", replaces: true, input: true }, { key: "password", kind: "add", replaces: false, input: true }], first: true },
    { what: "a replacement, the old one first because its name was given", next: { ...old, fixed: "b" }, changes: [{ key: "fixed", kind: "update", replaces: true, input: true }], first: true },
    { what: "a replacement beside the old one, named by us", next: { ...old, fixed: "b", __defaults: ["name"] }, changes: [{ key: "fixed", kind: "update", replaces: true, input: true }], first: false },
    { what: "a replacement by what is not known yet", next: { ...old, fixed: UNKNOWN }, changes: [{ key: "fixed", kind: "update", replaces: true, input: true }], first: true },
    { what: "what is to be ignored", next: { ...old, fixed: "b", size: 2 }, ignored: ["fixed", "size"], changes: [] },
  ])("$what", ({ next, ignored = [], changes, first = false }) => {
    expect(handlers.diff(subject(next, old), ignored)).toEqual({ changes, deleteBeforeReplace: first });
  });
});

describe("outputs", () => {
  it("are unknown in a preview only where the update may change them, and secret where an input or the type is", async () => {
    const next = conceal({ name: "web", size: 2, password: "hunter2" }, ["password"]);
    expect(reveal((await handlers.create(subject(next), true)).outputs)).toMatchObject({ values: { address: UNKNOWN, hash: UNKNOWN }, secretKeys: new Set(["password", "hash"]) });
    const old = { name: "web", size: 1, address: "10.0.0.1", hash: "h" };
    expect(reveal(await handlers.update(subject(next, old, old), true)).values).toEqual({ name: "web", size: 2, password: "hunter2", address: "10.0.0.1", hash: UNKNOWN });
    expect([...reveal((await handlers.create(subject(next), false)).outputs).secretKeys].sort()).toEqual(["hash", "password"]);
  });

  it("of a resource that was made but never worked are kept, without a word of its secrets", async () => {
    const next = conceal({ name: "web", size: 13, password: "hunter2-hunter2" }, ["password"]);
    await expect(handlers.create(subject(next), false)).rejects.toMatchObject({ id: "half", message: "creating Thing 'web': never became ready, [secret]", outputs: conceal({ name: "web", hash: "h" }, ["hash"]) });
  });

  it("name the type that the stand-in does not have, and a function", async () => {
    const foreign = { ...subject({}), urn: "urn:pulumi:dev::tests::shop:index/other:Other::x" };
    expect(() => handlers.check(foreign, none)).toThrow("stand-in for the shop plugin has no 'shop:index/other:Other'. It knows shop:index/thing:Thing");
    await expect(handlers.invoke("shop:index/no:no", {})).rejects.toThrow("has no function 'shop:index/no:no'. It knows shop:index/ask:ask");
    expect(await handlers.invoke("shop:index/ask:ask", {})).toEqual({ a: 1 });
  });
});
