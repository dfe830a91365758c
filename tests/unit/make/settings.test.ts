import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asTexts, fillForPlan, readStackConfig } from "../../../make/settings.ts";

const secure = { secure: "v1:abc:def" };

test.each([
  ["nothing is set: all that is the user's stands for itself", { "quickcart:region": "fra1" }, ["adminCidrs", "hostName", "addressToken"], []],
  ["all is set, the token in the clear", { "quickcart:adminCidrs": ["198.51.100.0/24"], "quickcart:hostName": "shop.example.com", "quickcart:addressToken": "mine" }, [], []],
  ["the token is encrypted", { "quickcart:adminCidrs": ["198.51.100.0/24"], "quickcart:hostName": "shop.example.com", "quickcart:addressToken": secure }, [], ["addressToken"]],
  ["a certificate's key is encrypted: without it the certificate is of no use",
    { "quickcart:certificate": "PEM", "quickcart:certificateKey": secure }, ["adminCidrs", "hostName", "addressToken"], ["certificateKey", "certificate"]],
  ["a secret inside a table", { "quickcart:other": { deep: [secure] } }, ["adminCidrs", "hostName", "addressToken"], ["other"]],
])("%s", (_, given, missing, unread) => {
  const filled = fillForPlan(given);
  expect(filled.missing.map(({ key }) => key)).toEqual(missing.map((key) => `quickcart:${key}`));
  expect(filled.unread).toEqual(unread.map((key) => `quickcart:${key}`));
  expect(JSON.stringify(filled.config)).not.toContain("secure");
  for (const key of ["adminCidrs", "hostName", "addressToken"]) expect(filled.config).toHaveProperty([`quickcart:${key}`]);
});

test("what is set is kept as it is, and the given settings are not touched", () => {
  const given = { "quickcart:hostName": "shop.example.com", "quickcart:addressToken": secure };
  expect(fillForPlan(given).config["quickcart:hostName"]).toBe("shop.example.com");
  expect(given).toEqual({ "quickcart:hostName": "shop.example.com", "quickcart:addressToken": secure });
});

test("structured values become JSON, as Pulumi hands them over", () => {
  expect(asTexts({ a: "text", b: ["x"], c: { d: 1 }, e: 3 })).toEqual({ a: "text", b: '["x"]', c: '{"d":1}', e: "3" });
});

describe("a settings file", () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "quickcart-settings-")); });
  afterEach(() => { rmSync(folder, { recursive: true }); });

  test("is read whole; one without settings has none", () => {
    writeFileSync(join(folder, "Pulumi.prod.yaml"), "config:\n  quickcart:app: {count: 8}\nencryptionsalt: v1:x\n");
    writeFileSync(join(folder, "Pulumi.bare.yaml"), "encryptionsalt: v1:x\n");
    expect(readStackConfig("prod", folder)).toEqual({ "quickcart:app": { count: 8 } });
    expect(readStackConfig("bare", folder)).toEqual({});
  });

  test.each([["", /^STACK is missing\. There are: prod\./], ["live", /there is no stack "live".* There are: prod\./], ["../prod", /there is no stack/]])("%j is refused", (stack, why) => {
    writeFileSync(join(folder, "Pulumi.prod.yaml"), "config: {}\n");
    expect(() => readStackConfig(stack, folder)).toThrow(why);
  });

  test("that is none is refused", () => {
    writeFileSync(join(folder, "Pulumi.prod.yaml"), "config: [1, 2]\n");
    expect(() => readStackConfig("prod", folder)).toThrow(/Pulumi\.prod\.yaml is no settings file/);
  });
});
