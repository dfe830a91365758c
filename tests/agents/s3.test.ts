import { text } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Bucket } from "../../agents/s3.ts";
import { BucketServer } from "./support/bucketServer.ts";

let server: BucketServer;
let bucket: Bucket;

beforeEach(async () => {
  server = new BucketServer();
  bucket = await server.listen();
});
afterEach(() => server.close());

test("signs for S3 in the bucket's region", async () => {
  server.put("topology/base.json", "{}");
  await bucket.read("topology/base.json", null);
  expect(server.seen).toEqual([{
    path: "/topology/base.json",
    authorization: expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=READER\/\d{8}\/fra1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    ) as string,
    ifNoneMatch: null,
  }]);
});

test("asks for a document only if it changed", async () => {
  server.put("topology/base.json", "one");
  const first = await bucket.read("topology/base.json", null);
  if (first.kind !== "found") throw new Error(`the document is there, but: ${first.kind}`);
  expect(first.body).toBe("one");
  expect(await bucket.read("topology/base.json", first.etag)).toEqual({ kind: "unchanged" });
  server.put("topology/base.json", "two");
  expect(await bucket.read("topology/base.json", first.etag)).toMatchObject({ kind: "found", body: "two" });
  expect(server.seen.map((request) => request.ifNoneMatch)).toEqual([null, first.etag, first.etag]);
});

test("tells a missing document from a failure", async () => {
  expect(await bucket.read("release/base.json", null)).toEqual({ kind: "missing" });
});

test("denied access means missing only as long as the document was never there", async () => {
  server.failure = { status: 403, code: "AccessDenied" };
  expect(await bucket.read("release/base.json", null)).toEqual({ kind: "missing" });
  await expect(bucket.read("release/base.json", '"etag"')).rejects.toThrow(/403 AccessDenied$/);
});

test.each([
  [{ status: 403, code: "SignatureDoesNotMatch" }, /^GET http:\/\/127\.0\.0\.1:\d+\/release\/base\.json: 403 SignatureDoesNotMatch$/],
  [{ status: 503, code: "SlowDown" }, /503 SlowDown/],
  ["hang up", /^GET http:\/\/127\.0\.0\.1:\d+\/release\/base\.json: fetch failed: /],
] as const)("says what was asked and why it failed: %j", async (failure, expected) => {
  server.failure = failure;
  await expect(bucket.read("release/base.json", null)).rejects.toThrow(expected);
});

test("refuses what cannot be a document for its size", async () => {
  server.put("topology/base.json", Buffer.alloc(1024 * 1024 + 1));
  await expect(bucket.read("topology/base.json", null)).rejects.toThrow("larger than the 1048576 bytes allowed");
});

test("downloads up to the limit and no further", async () => {
  server.put("app/bundle", "12345");
  expect(await text(bucket.download("app/bundle", 5, 5_000))).toBe("12345");
  await expect(text(bucket.download("app/bundle", 4, 5_000))).rejects.toThrow("larger than the 4 bytes allowed");
});

test.each(["say nothing", "stop half-way"] as const)("a storage that goes on to %s is given up in time, whatever memory is freed meanwhile", async (failure) => {
  setFlagsFromString("--expose-gc");
  const collecting = setInterval(runInNewContext("gc") as () => void, 20).unref();
  server.failure = failure;
  await expect(text(bucket.download("app/bundle", 5, 300))).rejects.toThrow(/aborted due to timeout/);
  clearInterval(collecting);
}, 5_000);
