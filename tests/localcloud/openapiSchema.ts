/** OpenAPI 3.0's dialect of JSON Schema turned into JSON Schema 2019-09, closed against unknown fields. */

export type Json = Record<string, unknown>;
export type Schema = Record<string, unknown>;

/** The schema of a response's JSON body; null when it has none. `gaps` are names of fields to let pass wherever they are. */
export function bodySchema(document: Json, response: Schema, gaps: string[]): Schema | null {
  const content = resolve(document, response)["content"] as Record<string, { schema: Schema }> | undefined;
  const schema = content?.["application/json"]?.schema;
  return schema === undefined ? null : convert(document, schema, true, gaps);
}

function resolve(document: Json, schema: Schema): Schema {
  const reference = schema["$ref"];
  if (typeof reference !== "string") return schema;
  let target: unknown = document;
  for (const part of reference.slice(2).split("/")) target = (target as Json)[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  return resolve(document, target as Schema);
}

const combinators = ["allOf", "anyOf", "oneOf"] as const;

/**
 * `root`: this is where an object begins, so it is to be closed; the parts of a combination are not, each of them knows only
 * some of the fields.
 */
function convert(document: Json, input: Schema, root: boolean, gaps: string[]): Schema {
  const { nullable, ...schema } = resolve(document, input);
  const output: Schema = { ...schema };
  // A keyword of OpenAPI's own; the alternatives beside it say the same.
  delete output["discriminator"];
  const properties = schema["properties"] as Record<string, Schema> | undefined;
  if (properties !== undefined) {
    output["properties"] = Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, convert(document, each, true, gaps)]));
  }
  if (schema["items"] !== undefined) output["items"] = convert(document, schema["items"] as Schema, true, gaps);
  for (const combinator of combinators) {
    const parts = schema[combinator] as Schema[] | undefined;
    // In this dialect an empty part says nothing, and as an alternative it would let everything pass.
    const telling = parts?.filter((part) => Object.keys(part).length > 0);
    if (telling !== undefined) output[combinator] = telling.map((part) => convert(document, part, false, gaps));
  }
  if (root && describesObject(document, schema) && schema["additionalProperties"] === undefined) {
    output["unevaluatedProperties"] = false;
    output["properties"] = { ...(output["properties"] as Json | undefined), ...Object.fromEntries(gaps.map((name) => [name, {}])) };
  }
  return nullable === true ? { anyOf: [output, { type: "null" }] } : output;
}

function describesObject(document: Json, schema: Schema): boolean {
  const resolved = resolve(document, schema);
  if (resolved["properties"] !== undefined) return true;
  return combinators.some((combinator) => (resolved[combinator] as Schema[] | undefined)?.some((part) => describesObject(document, part)) === true);
}
