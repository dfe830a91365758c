import { explain } from "../../../make/releaseWords.ts";

test.each([
  ["the file backend's lock", "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.", /another release, or another `pulumi up`, is changing the stack prod right now\. This one has changed nothing.*pulumi cancel --stack prod/],
  ["the service's lock", "error: [409] Conflict: Another update is currently in progress.", /is changing the stack prod right now/],
  ["a stack that is not there", "error: no stack named 'prod' found", /the stack prod does not exist yet/],
  ["a change beside the release", "error: Resource 'urn:a' depends on 'urn:b' which was was not specified in --target list.", /bring the whole stack up instead/],
  ["a bundle that was refused", "error: the bundle /b.tar.zst cannot be released, and nothing was changed: it holds no node", /refused before anything was uploaded/],
  ["a gate", "app-1 (app) did not become ready; above is the end of the log that says why", /goes on serving the old one/],
])("Pulumi's words for %s are said plainly", (_, output, plain) => {
  expect(explain(`Updating (prod):\n${output}\n`, "prod")).toMatch(plain);
});

test("what nobody has words for is left as it is", () => {
  expect(explain("error: 500 Internal Server Error", "prod")).toBeNull();
});
