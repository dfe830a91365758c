import { Contract, digitalOceanContract, type Exchange } from "../openapi.ts";
import { aDroplet, startApi } from "./support.ts";

const contract = digitalOceanContract();

function exchange(change: Partial<Exchange>): Exchange {
  return { method: "GET", path: "/v2/account", status: 200, contentType: "application/json", headers: new Headers(), body: undefined, ...change };
}

const account = {
  droplet_limit: 100, floating_ip_limit: 3, email: "a@b.test", uuid: "u", email_verified: true, status: "active", status_message: "",
};

test("a right answer passes", () => {
  expect(contract.check(exchange({ body: { account } }))).toEqual([]);
});

test.each([
  ["a required field is missing", exchange({ body: { account: { ...account, email: undefined } } }), /email/],
  ["a type is wrong", exchange({ body: { account: { ...account, droplet_limit: "100" } } }), /droplet_limit.*integer/],
  ["a value is not of the enumeration", exchange({ body: { account: { ...account, status: "fine" } } }), /status/],
  ["a field is unknown", exchange({ body: { account: { ...account, droplets_limit: 1 } } }), /unevaluated.*droplets_limit/],
  ["there is no body", exchange({}), /has no body/],
  ["there is a body where none belongs", exchange({ method: "DELETE", path: "/v2/tags/x", status: 204, body: {} }), /none is described/],
  ["it is no JSON", exchange({ body: { account }, contentType: "text/html" }), /content type/],
  ["an error has no message", exchange({ status: 404, path: "/v2/tags/x", body: { id: "not_found" } }), /message/],
  ["the path is not described", exchange({ path: "/v2/nothing" }), /has no GET/],
])("a wrong answer is found: %s", (_name, wrong, expected) => {
  expect(contract.check(wrong).join("\n")).toMatch(expected);
});

test("a null passes where it may be null and nowhere else", () => {
  const small = new Contract({
    paths: { "/x": { get: { responses: { 200: { content: { "application/json": { schema: {
      type: "object", properties: { a: { type: "string", nullable: true }, b: { allOf: [{ type: "object", nullable: true, properties: { c: {} } }, {}] }, d: { type: "string" } },
    } } } } } } } },
  }, {});
  const check = (body: unknown): string[] => small.check(exchange({ path: "/x", body }));
  expect(check({ a: null, b: null })).toEqual([]);
  expect(check({ d: null })).toHaveLength(1);
  expect(check({ b: { e: 1 } })).toHaveLength(1);
});

test("a sabotaged answer of the API itself is found", async () => {
  const client = await startApi();
  try {
    const id = await aDroplet(client);
    const reply = await client.ask("GET", `/v2/droplets/${id}`);
    const rest = { ...reply.body["droplet"], region: undefined };
    const path = `/v2/droplets/${id}`;
    expect(contract.check(exchange({ path, body: { droplet: reply.body["droplet"] } }))).toEqual([]);
    expect(contract.check(exchange({ path, body: { droplet: rest } })).join()).toMatch(/region/);
  } finally {
    await client.close();
  }
});

test("every served operation is described, and wants the scopes that the description says", async () => {
  const client = await startApi();
  try {
    const described = new Map(contract.operations().map((each) => [`${each.method} ${each.path}`, each.scopes]));
    expect(client.api.routes.length).toBeGreaterThan(60);
    for (const route of client.api.routes) {
      expect([route.method, route.path, route.scopes]).toEqual([route.method, route.path, described.get(`${route.method} ${route.path}`)]);
    }
  } finally {
    await client.close();
  }
});
