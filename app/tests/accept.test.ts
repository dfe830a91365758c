import { preferred } from "../src/accept.ts";

test.each([
  [undefined, "text/html"],
  ["*/*", "text/html"],
  ["application/json", "application/json"],
  ["application/json, text/html", "text/html"],
  ["text/html;q=0.5, application/json", "application/json"],
  ["application/*", "application/json"],
  ["APPLICATION/JSON; Q=0.9, text/*;q=0.1", "application/json"],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"],
  ["text/html;q=0, */*", "application/json"],
  ["image/png", undefined],
  ["application/json;q=2", undefined],
  ["", undefined],
])("Accept %j gets %s", (accept, expected) => {
  expect(preferred(accept, ["text/html", "application/json"])).toBe(expected);
});
