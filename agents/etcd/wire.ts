import * as z from "zod";
import type { Condition, Operation, Outcome } from "./store.ts";

/**
 * How a transaction looks in etcd's JSON gateway: https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/. Keys and values are
 * base64, 64-bit numbers text, and what is zero, false or empty is left out of answers.
 */

const encode = (text: string): string => Buffer.from(text, "utf8").toString("base64");
const decode = (text: string): string => Buffer.from(text, "base64").toString("utf8");

/** A range of all keys that begin so ends before the prefix with its last byte raised by one. */
function endOf(prefix: string): string {
  const bytes = Buffer.from(prefix, "utf8");
  const last = bytes.at(-1);
  if (last === undefined || last === 0xff) throw new Error(`no prefix of keys: ${JSON.stringify(prefix)}`);
  bytes[bytes.length - 1] = last + 1;
  return bytes.toString("base64");
}

function compare(condition: Condition): object {
  switch (condition.kind) {
    case "absent": return { key: encode(condition.key), target: "CREATE", result: "EQUAL", create_revision: "0" };
    case "unchanged": return { key: encode(condition.key), target: "MOD", result: "EQUAL", mod_revision: condition.revision };
    case "quiet": return {
      key: encode(condition.prefix), range_end: endOf(condition.prefix),
      target: "MOD", result: "LESS", mod_revision: String(BigInt(condition.revision) + 1n),
    };
    default: return condition satisfies never;
  }
}

function request(operation: Operation): object {
  switch (operation.kind) {
    case "get": return { request_range: { key: encode(operation.key) } };
    case "list": return { request_range: { key: encode(operation.prefix), range_end: endOf(operation.prefix) } };
    case "put": return { request_put: { key: encode(operation.key), value: encode(operation.value), ...operation.lease === undefined ? {} : { lease: operation.lease } } };
    case "remove": return { request_delete_range: { key: encode(operation.key) } };
    default: return operation satisfies never;
  }
}

export const transaction = (conditions: readonly Condition[], operations: readonly Operation[]): object =>
  ({ compare: conditions.map(compare), success: operations.map(request) });

const base64 = z.string().default("").transform(decode);

export const outcomeSchema = z.object({
  header: z.object({ revision: z.string() }),
  succeeded: z.boolean().default(false),
  responses: z.array(z.object({
    response_range: z.object({
      kvs: z.array(z.object({ key: base64, value: base64, mod_revision: z.string() })).default([]),
    }).optional(),
  })).default([]),
}).transform(({ header, succeeded, responses }): Outcome => ({
  done: succeeded,
  revision: header.revision,
  found: responses.map(({ response_range }) => (response_range?.kvs ?? []).map(({ key, value, mod_revision }) => ({ key, value, revision: mod_revision }))),
}));

export const grantedSchema = z.object({ ID: z.string() }).transform(({ ID }) => ID);

/** A stream of one answer; a lease that has run out has no time to live. */
export const keptSchema = z.object({ result: z.object({ TTL: z.string().default("0") }) }).transform(({ result }) => result.TTL !== "0");

export const doneSchema = z.object({});

export const statusSchema = z.object({
  header: z.object({ member_id: z.string() }),
  /** No leader: it is left out. */
  leader: z.string().default("0"),
}).transform(({ header, leader }) => ({ member: header.member_id, leader: leader === "0" ? null : leader }));

export const membersSchema = z.object({
  members: z.array(z.object({ ID: z.string(), name: z.string().default(""), clientURLs: z.array(z.string()).default([]), isLearner: z.boolean().default(false) })),
}).transform(({ members }) => members.map(({ ID: id, name, clientURLs: urls, isLearner }) => ({ id, name, urls, votes: !isLearner })));
