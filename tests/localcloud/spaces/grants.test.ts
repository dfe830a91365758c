import { type StorageKey } from "../../../localcloud/datacenter.ts";
import { readClaim } from "../../../localcloud/spaces/credentials.ts";
import { allows, needsOf } from "../../../localcloud/spaces/grants.ts";
import { readCopySource, readTarget } from "../../../localcloud/spaces/target.ts";

const suffix = "fra1.digitaloceanspaces.com";
const grant = (bucket: string, permission: "read" | "readwrite" | "fullaccess"): StorageKey["grants"] => [{ bucket, permission }];

describe("what a request is about", () => {
  test.each([
    [suffix, "/", null, null],
    [suffix, "/shop?location", "shop", null],
    [suffix, "/shop/a/b.txt", "shop", "a/b.txt"],
    [`shop.${suffix}`, "/", "shop", null],
    [`shop.${suffix}:443`, "/a%20b//c", "shop", "a b//c"],
  ])("%s %s", (host, url, bucket, key) => {
    expect(readTarget(host, url, suffix)).toMatchObject({ bucket, key });
  });

  test.each([
    ["a path that climbs into another bucket", suffix, "/mine/../theirs/secret"],
    ["the same, encoded", suffix, "/mine/%2e%2e/theirs/secret"],
    ["with an encoded slash in the bucket's name", suffix, "/mine%2F..%2Ftheirs/secret"],
    ["with an empty bucket's name", suffix, "//theirs/secret"],
    ["a bucket below another", `a.b.${suffix}`, "/"],
    ["a stranger's host", "example.com", "/shop/a"],
    ["a host that only ends alike", `evil${suffix}`, "/"],
    ["an absolute URL", suffix, "https://theirs.example/secret"],
    ["broken percent-encoding", suffix, "/mine/%zz"],
  ])("%s is refused", (_what, host, url) => {
    expect(() => readTarget(host, url, suffix)).toThrow();
  });

  test("a copy's source is read in both spellings", () => {
    expect(readCopySource("/shop/a%20b?versionId=1")).toEqual({ bucket: "shop", key: "a b" });
    expect(readCopySource("shop/a/b")).toEqual({ bucket: "shop", key: "a/b" });
    expect(() => readCopySource("/mine/../theirs/x")).toThrow();
  });
});

describe("grants", () => {
  const needs = (method: string, path: string, copySource: string | null = null) =>
    needsOf(method, readTarget(suffix, path, suffix), copySource);
  const may = (grants: StorageKey["grants"], method: string, path: string, copySource: string | null = null): boolean =>
    needs(method, path, copySource).every((need) => allows(grants, need));

  test.each([
    // grant, method, path, allowed
    [grant("shop", "read"), "GET", "/shop/a", true],
    [grant("shop", "read"), "HEAD", "/shop", true],
    [grant("shop", "read"), "GET", "/shop?list-type=2", true],
    [grant("shop", "read"), "PUT", "/shop/a", false],
    [grant("shop", "read"), "DELETE", "/shop/a", false],
    [grant("shop", "read"), "POST", "/shop?delete", false],
    [grant("shop", "read"), "GET", "/other/a", false],
    [grant("shop", "read"), "GET", "/", false],
    [grant("shop", "readwrite"), "PUT", "/shop/a", true],
    [grant("shop", "readwrite"), "POST", "/shop/a?uploads", true],
    [grant("shop", "readwrite"), "POST", "/shop?delete", true],
    [grant("shop", "readwrite"), "PUT", "/shop?acl", false],
    [grant("shop", "readwrite"), "DELETE", "/shop", false],
    [grant("shop", "readwrite"), "PUT", "/shop", false],
    [grant("shop", "fullaccess"), "PUT", "/shop?versioning", true],
    [grant("shop", "fullaccess"), "PUT", "/other", false],
    [grant("", "read"), "GET", "/", true],
    [grant("", "read"), "GET", "/any/a", true],
    [grant("", "readwrite"), "PUT", "/any", false],
    [grant("", "fullaccess"), "PUT", "/any", true],
    [grant("", "fullaccess"), "DELETE", "/any", true],
    [[], "GET", "/shop/a", false],
  ] as const)("%j %s %s -> %s", (grants, method, path, allowed) => {
    expect(may([...grants], method, path)).toBe(allowed);
  });

  test("a copy needs to read its source too", () => {
    expect(may(grant("shop", "readwrite"), "PUT", "/shop/a", "other")).toBe(false);
    expect(may([...grant("shop", "readwrite"), ...grant("other", "read")], "PUT", "/shop/a", "other")).toBe(true);
  });
});

describe("who a request says it is from", () => {
  const header = { authorization: "AWS4-HMAC-SHA256 Credential=KEY/20260102/fra1/s3/aws4_request, SignedHeaders=host, Signature=00" };
  const query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=OTHER/20260102/fra1/s3/aws4_request&X-Amz-Signature=00";

  test("by header, by query, not at all", () => {
    expect(readClaim(header, new URLSearchParams())).toEqual({ accessKey: "KEY", region: "fra1" });
    expect(readClaim({}, new URLSearchParams(query))).toEqual({ accessKey: "OTHER", region: "fra1" });
    expect(readClaim({}, new URLSearchParams("list-type=2"))).toBeNull();
  });

  test("two claims in one request are refused", () => {
    expect(() => readClaim(header, new URLSearchParams(query))).toThrow(/one auth mechanism/);
    expect(() => readClaim({}, new URLSearchParams(`${query}&X-Amz-Credential=KEY/20260102/fra1/s3/aws4_request`))).toThrow();
  });

  test("an old signature is refused", () => {
    expect(() => readClaim({ authorization: "AWS KEY:c2ln" }, new URLSearchParams())).toThrow(/Version 4/);
  });
});
