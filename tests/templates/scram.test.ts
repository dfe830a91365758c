import { scramVerifier } from "../../components/rendering/scram.ts";

test("is what PostgreSQL keeps of a password, the same every time, and of no other role or password", () => {
  const verifier = scramVerifier("app", "example");
  expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/);
  expect(scramVerifier("app", "example")).toBe(verifier);
  expect(scramVerifier("owner", "example")).not.toBe(verifier);
  expect(scramVerifier("app", "examples")).not.toBe(verifier);
  expect(verifier).not.toContain("example");
});
