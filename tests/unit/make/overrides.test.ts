import { withOverrides } from "../../../make/stack.ts";

const config = { "quickcart:region": "fra1", "quickcart:app": { count: 2, size: "s-1vcpu-1gb" }, "quickcart:adminCidrs": ["198.18.0.1/32"] };

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ["a value", { "quickcart:region": "ams3" }, { "quickcart:region": "ams3" }],
  ["one setting of a table", { "quickcart:app": { count: 1 } }, { "quickcart:app": { count: 1, size: "s-1vcpu-1gb" } }],
  ["a list as a whole", { "quickcart:adminCidrs": [] }, { "quickcart:adminCidrs": [] }],
  ["a table that was not there", { "quickcart:bastions": { size: "x" } }, { "quickcart:bastions": { size: "x" } }],
])("a run can override %s", (_, overrides, expected) => {
  expect(withOverrides(config, overrides)).toEqual({ ...config, ...expected });
});
