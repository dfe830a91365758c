import { findOrphans, parseState, typesToList } from "../../../make/orphans.ts";

const droplet = "digitalocean:index/droplet:Droplet";
const creating = (type: string, inputs: Record<string, unknown>, operation = "creating"): unknown => ({ type: operation, resource: { urn: "urn", type, inputs } });
const state = (resources: unknown[], pending: unknown[]): ReturnType<typeof parseState> =>
  parseState(JSON.stringify({ version: 3, deployment: { resources, pending_operations: pending } }));

test("what a killed run created, and no state knows, is an orphan", () => {
  const killed = state([], [creating(droplet, { name: "app-1" })]);
  expect(findOrphans(killed, { [droplet]: [{ id: 7, name: "app-1" }, { id: 8, name: "app-2" }] })).toEqual([{ type: droplet, name: "app-1", path: "/v2/droplets/7" }]);
});

test("what the state knows by its id is none, though it has the same name", () => {
  const killed = state([{ urn: "u", type: droplet, id: "7" }], [creating(droplet, { name: "app-1" })]);
  expect(findOrphans(killed, { [droplet]: [{ id: 7, name: "app-1" }] })).toEqual([]);
});

test("pending updates and deletes, and types without a name in the API, leave nothing to delete", () => {
  const killed = state([], [
    creating(droplet, { name: "app-1" }, "updating"),
    creating("digitalocean:index/tag:Tag", { name: "quickcart-local-app" }),
    creating("random:index/randomId:RandomId", {}),
  ]);
  expect(findOrphans(killed, { [droplet]: [{ id: 7, name: "app-1" }] })).toEqual([]);
  expect(typesToList(killed)).toEqual([droplet]);
});

test("a state without pending operations needs no listing", () => {
  expect(typesToList(parseState('{"version":3,"deployment":{"resources":[]}}'))).toEqual([]);
});
