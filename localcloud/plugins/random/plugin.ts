import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { z } from "zod";
import { defineResource, type InputBehaviour, type Plugin } from "../core/resource.ts";
import { type JsonObject } from "../core/values.ts";
import { drawText, textInputs } from "./text.ts";

/** Nothing random changes in place: `keepers` and every other input ask for a new value. */
const replaces = (names: readonly string[]): Record<string, InputBehaviour> => Object.fromEntries(names.map((name) => [name, { replaces: true }]));

const keepers = z.record(z.string(), z.string()).optional();

const randomId = defineResource({
  inputs: z.object({ byteLength: z.int().min(1), keepers, prefix: z.string().optional() }),
  behaviour: replaces(["byteLength", "keepers", "prefix"]),
  computed: ["b64Std", "b64Url", "dec", "hex"],
  async create(inputs) {
    const bytes = randomBytes(inputs.byteLength);
    const prefix = inputs.prefix ?? "";
    const b64Url = bytes.toString("base64url");
    const hex = bytes.toString("hex");
    return {
      id: b64Url,
      outputs: given(inputs, {
        b64Std: prefix + bytes.toString("base64"),
        b64Url: prefix + b64Url,
        dec: prefix + BigInt(`0x${hex}`).toString(),
        hex: prefix + hex,
      }),
    };
  },
});

const textBehaviour = {
  ...replaces([...Object.keys(textInputs), "keepers"]),
  ...Object.fromEntries(["lower", "number", "numeric", "special", "upper"].map((name) => [name, { replaces: true, default: true }])),
  ...Object.fromEntries(["minLower", "minNumeric", "minSpecial", "minUpper"].map((name) => [name, { replaces: true, default: 0 }])),
};

const randomString = defineResource({
  inputs: z.object({ ...textInputs, keepers }),
  behaviour: textBehaviour,
  computed: ["result"],
  async create(inputs) {
    const result = drawText(inputs);
    return { id: result, outputs: given(inputs, { result }) };
  },
});

const randomPassword = defineResource({
  inputs: z.object({ ...textInputs, keepers }),
  behaviour: textBehaviour,
  computed: ["result"],
  secretOutputs: ["result"],
  async create(inputs) {
    return { id: "none", outputs: given(inputs, { result: drawText(inputs) }) };
  },
});

const randomUuid = defineResource({
  inputs: z.object({ keepers }),
  behaviour: replaces(["keepers"]),
  computed: ["result"],
  async create(inputs) {
    const result = randomUUID();
    return { id: result, outputs: given(inputs, { result }) };
  },
});

const randomInteger = defineResource({
  inputs: z.object({ min: z.int(), max: z.int(), keepers, seed: z.undefined({ error: "the stand-in draws real random numbers only, leave the seed out" }).optional() })
    .refine(({ min, max }) => min <= max, { message: "min must not be more than max", path: ["min"] }),
  behaviour: replaces(["min", "max", "keepers"]),
  computed: ["result"],
  async create(inputs) {
    const result = randomInt(inputs.min, inputs.max + 1);
    return { id: String(result), outputs: given(inputs, { result }) };
  },
});

function given(inputs: object, drawn: JsonObject): JsonObject {
  return { ...(inputs as JsonObject), ...drawn };
}

export function random(): Plugin {
  return {
    name: "random",
    version: "4.21.2",
    secretSettings: [],
    configure: async () => undefined,
    resources: {
      "random:index/randomId:RandomId": randomId,
      "random:index/randomInteger:RandomInteger": randomInteger,
      "random:index/randomPassword:RandomPassword": randomPassword,
      "random:index/randomString:RandomString": randomString,
      "random:index/randomUuid:RandomUuid": randomUuid,
    },
    functions: {},
  };
}
