import { type JsonObject, reveal, UNKNOWN } from "../../../localcloud/plugins/core/values.ts";
import { random } from "../../../localcloud/plugins/random/plugin.ts";
import { createStage } from "../support/stage.ts";

const token = (name: string): string => `random:index/random${name}:Random${name}`;

describe("random", () => {
  const make = async (name: string, inputs: JsonObject): Promise<JsonObject> => {
    const stage = createStage(random());
    await stage.up(token(name), "it", inputs);
    return reveal(stage.get("it").outputs).values;
  };

  it("RandomId says the same bytes in four ways, each behind the prefix", async () => {
    const found = await make("Id", { byteLength: 9, prefix: "p-" });
    const bytes = Buffer.from(String(found["hex"]).slice(2), "hex");
    expect(bytes).toHaveLength(9);
    expect(found).toMatchObject({ b64Url: `p-${bytes.toString("base64url")}`, b64Std: `p-${bytes.toString("base64")}`, dec: `p-${BigInt(`0x${bytes.toString("hex")}`)}` });
  });

  it.each([
    { inputs: { length: 40 }, like: /^[a-zA-Z0-9!@#$%&*()\-_=+[\]{}<>:?]{40}$/ },
    { inputs: { length: 12, special: false, upper: false }, like: /^[a-z0-9]{12}$/ },
    { inputs: { length: 3, lower: false, upper: false, numeric: false, overrideSpecial: "_" }, like: /^___$/ },
    { inputs: { length: 6, minNumeric: 5, lower: false, upper: true, special: false, minUpper: 1 }, like: /^(?=(.*\d){5})(?=.*[A-Z])[A-Z0-9]{6}$/ },
  ])("RandomString of $inputs", async ({ inputs, like }) => {
    for (let i = 0; i < 50; i += 1) expect((await make("String", inputs))["result"]).toMatch(like);
  });

  it("draws each time anew, evenly enough", async () => {
    const digits = String((await make("String", { length: 10_000, lower: false, upper: false, special: false }))["result"]);
    for (const digit of "0123456789") expect(digits.split(digit).length - 1).toBeGreaterThan(800);
    expect((await make("Uuid", {}))["result"]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect((await make("Integer", { min: 3, max: 3 }))["result"]).toBe(3);
  });

  it("RandomPassword's result is a secret, its id tells nothing", async () => {
    const stage = createStage(random());
    await stage.up(token("Password"), "it", { length: 20 });
    expect([...reveal(stage.get("it").outputs).secretKeys]).toEqual(["result"]);
    expect(stage.get("it").id).toBe("none");
  });

  it("draws again when a keeper or the length changes, and keeps its value otherwise", async () => {
    const stage = createStage(random());
    const inputs = { length: 8, keepers: { machine: "1" } };
    await stage.up(token("String"), "it", inputs);
    const { id } = stage.get("it");
    expect(await stage.up(token("String"), "it", { ...inputs, lower: true })).toEqual([]);
    expect(stage.get("it").id).toBe(id);
    expect(await stage.up(token("String"), "it", { ...inputs, keepers: { machine: "2" } })).toMatchObject([{ key: "keepers", replaces: true }]);
    expect(stage.get("it").id).not.toBe(id);
  });

  it("does not know its value in a preview, also when a keeper is not known", async () => {
    const { handlers } = createStage(random());
    const subject = { urn: `urn:pulumi:dev::tests::${token("Id")}::it`, id: "", oldInputs: {}, oldOutputs: {}, next: { byteLength: 4, keepers: { machine: UNKNOWN } }, timeoutSeconds: 0 };
    expect(handlers.check(subject, { seed: new Uint8Array(), proposed: null }).failures).toEqual([]);
    expect((await handlers.create(subject, true)).outputs).toEqual({ byteLength: 4, keepers: { machine: UNKNOWN }, b64Std: UNKNOWN, b64Url: UNKNOWN, dec: UNKNOWN, hex: UNKNOWN });
  });

  it("says what cannot be drawn", async () => {
    await expect(make("String", { length: 2, minLower: 3 })).rejects.toThrow("length is 2, but minLower");
    await expect(make("String", { length: 2, lower: false, upper: false, numeric: false, special: false })).rejects.toThrow("nothing to draw from");
    await expect(make("Id", { byteLength: "four" })).rejects.toThrow(/'byteLength': .*expected number/);
  });
});
