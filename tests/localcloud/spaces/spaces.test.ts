import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsV4Signer } from "aws4fetch";
import { type StorageKey } from "../../../localcloud/datacenter.ts";
import { silentLog } from "../../../localcloud/lifecycle/log.ts";
import { openAuthority } from "../../../localcloud/names/authority.ts";
import { startSpaces, type Spaces } from "../../../localcloud/spaces/spaces.ts";
import { readTools } from "../../../toolchain/manifest.ts";

const domain = "fra1.digitaloceanspaces.com";
const program = programIfThere();
const whenThere = program === null ? describe.skip : describe;

const full: StorageKey = { accessKey: "FULL", secretKey: "full-secret", grants: [{ bucket: "", permission: "fullaccess" }] };
const reader: StorageKey = { accessKey: "READER", secretKey: "reader-secret", grants: [{ bucket: "shop", permission: "read" }] };

whenThere("object storage over TLS, with its own S3 server", () => {
  const dir = mkdtempSync(join(tmpdir(), "qcd-spaces-"));
  let spaces: Spaces;
  let ca = "";

  const ask = async (key: StorageKey | null, method: string, url: string, extra: { headers?: Record<string, string>; body?: string; region?: string } = {}) => {
    const { body, region = "us-east-1" } = extra;
    let headers = extra.headers ?? {};
    if (key !== null) {
      const signer = new AwsV4Signer({
        method, url, headers, region, service: "s3",
        accessKeyId: key.accessKey, secretAccessKey: key.secretKey, ...(body === undefined ? {} : { body }),
      });
      headers = Object.fromEntries((await signer.sign()).headers);
    }
    const { host, hostname, pathname, search } = new URL(url);
    return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((resolve, reject) => {
      const asked = request({
        host: "127.0.0.1", port: spaces.port, servername: hostname, ca, method, path: pathname + search, agent: false,
        headers: { ...headers, host, "content-length": Buffer.byteLength(body ?? "") },
      }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      });
      asked.on("error", reject);
      asked.end(body);
    });
  };
  const shop = `https://shop.${domain}`;

  beforeAll(async () => {
    const authority = await openAuthority(dir);
    ca = authority.certificate;
    spaces = await startSpaces({
      program: program ?? "", dir: join(dir, "spaces"), runDir: dir, region: "fra1", virtualDomain: domain,
      address: "127.0.0.1", port: 0, certificate: await authority.issue([domain, `*.${domain}`]),
    }, silentLog);
    await spaces.setKeys([full, reader]);
    expect(await ask(full, "PUT", `${shop}/`, { headers: { "x-amz-acl": "private" } })).toMatchObject({ status: 200 });
    expect(await ask(full, "PUT", `${shop}/topology/base.json`, { body: "{}" })).toMatchObject({ status: 200 });
  });

  afterAll(async () => {
    await spaces.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test("what is put is got, signed for either region, and 304 when it is known", async () => {
    for (const region of ["us-east-1", "fra1"]) {
      const got = await ask(reader, "GET", `${shop}/topology/base.json`, { region });
      expect(got).toMatchObject({ status: 200, body: "{}" });
      const again = await ask(reader, "GET", `${shop}/topology/base.json`, { region, headers: { "if-none-match": String(got.headers["etag"]) } });
      expect(again).toMatchObject({ status: 304, body: "" });
    }
  });

  test.each([
    ["a wrong secret", { ...reader, secretKey: "guessed" }, "GET", `${shop}/topology/base.json`, "SignatureDoesNotMatch"],
    ["a wrong secret of a key that may do everything", { ...full, secretKey: "guessed" }, "PUT", `${shop}/x`, "SignatureDoesNotMatch"],
    ["an unknown key", { ...reader, accessKey: "NOBODY" }, "GET", `${shop}/topology/base.json`, "InvalidAccessKeyId"],
    ["writing with a key that may read", reader, "PUT", `${shop}/topology/base.json`, "AccessDenied"],
    ["deleting with a key that may read", reader, "DELETE", `${shop}/topology/base.json`, "AccessDenied"],
    ["reading another bucket", reader, "GET", `https://other.${domain}/x`, "AccessDenied"],
    ["reading another bucket by its path", reader, "GET", `https://${domain}/other/x`, "AccessDenied"],
    ["making a bucket", reader, "PUT", `https://mine.${domain}/`, "AccessDenied"],
    ["listing all buckets", reader, "GET", `https://${domain}/`, "AccessDenied"],
    ["no signature", null, "GET", `${shop}/topology/base.json`, "AccessDenied"],
  ] as const)("%s is refused", async (_what, key, method, url, code) => {
    const answer = await ask(key, method, url, method === "PUT" ? { body: "x" } : {});
    expect(answer.status).toBe(403);
    expect(answer.body).toContain(`<Code>${code}</Code>`);
  });

  test("a bucket lives as the official plugin wants it: location, versioning, lifecycle, deletion", async () => {
    const life = `https://life.${domain}`;
    expect(await ask(full, "PUT", `${life}/`, { headers: { "x-amz-acl": "private" } })).toMatchObject({ status: 200 });
    expect(await ask(full, "PUT", `${life}/?acl`, { headers: { "x-amz-acl": "private" } })).toMatchObject({ status: 200 });
    expect(await ask(full, "HEAD", `${life}/`)).toMatchObject({ status: 200 });
    expect((await ask(full, "GET", `https://${domain}/life?location`)).body).toContain(">fra1<");
    expect(await ask(full, "GET", `${life}/?lifecycle`)).toMatchObject({ status: 404, body: expect.stringContaining("NoSuchLifecycleConfiguration") as string });
    const rules = "<LifecycleConfiguration><Rule><ID>old</ID></Rule></LifecycleConfiguration>";
    expect(await ask(full, "PUT", `${life}/?lifecycle`, { body: rules })).toMatchObject({ status: 200 });
    expect(await ask(full, "GET", `${life}/?lifecycle`)).toMatchObject({ status: 200, body: rules });
    expect(await ask(full, "DELETE", `${life}/?lifecycle`)).toMatchObject({ status: 204 });
    expect(await ask(full, "GET", `${life}/?lifecycle`)).toMatchObject({ status: 404 });
    const versioning = `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>`;
    expect(await ask(full, "PUT", `${life}/?versioning`, { body: versioning })).toMatchObject({ status: 200 });
    expect((await ask(full, "GET", `${life}/?versioning`)).body).toContain("<Status>Enabled</Status>");

    await ask(full, "PUT", `${life}/x`, { body: "1" });
    await ask(full, "PUT", `${life}/x`, { body: "2" });
    expect(await ask(full, "DELETE", `${life}/`)).toMatchObject({ status: 409, body: expect.stringContaining("BucketNotEmpty") as string });
    const listed = await ask(full, "GET", `${life}/?versions`);
    const versions = [...listed.body.matchAll(/<VersionId>([^<]+)<\/VersionId>/g)].map((match) => match[1] ?? "");
    expect(versions).toHaveLength(2);
    for (const version of versions) expect(await ask(full, "DELETE", `${life}/x?versionId=${version}`)).toMatchObject({ status: 204 });
    expect(await ask(full, "DELETE", `${life}/`)).toMatchObject({ status: 204 });
    expect(await ask(full, "HEAD", `${life}/`)).toMatchObject({ status: 404 });
  });

  test("a key that is taken away is refused from then on, and one that is given works at once", async () => {
    const late: StorageKey = { accessKey: "LATE", secretKey: "late-secret", grants: [{ bucket: "shop", permission: "readwrite" }] };
    await spaces.setKeys([full, reader, late]);
    expect(await ask(late, "PUT", `${shop}/late`, { body: "x" })).toMatchObject({ status: 200 });
    await spaces.setKeys([full, reader]);
    expect(await ask(late, "GET", `${shop}/late`)).toMatchObject({ status: 403 });
  });

  test("an upload that is refused is told so before its body is sent", async () => {
    const url = `${shop}/large`;
    const signer = new AwsV4Signer({ method: "PUT", url, headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }, region: "fra1", service: "s3", accessKeyId: reader.accessKey, secretAccessKey: reader.secretKey });
    const headers = Object.fromEntries((await signer.sign()).headers);
    const seen = await new Promise<{ status: number | undefined; continued: boolean }>((resolve, reject) => {
      let continued = false;
      const asked = request({
        host: "127.0.0.1", port: spaces.port, servername: `shop.${domain}`, ca, method: "PUT", path: "/large", agent: false,
        headers: { ...headers, host: `shop.${domain}`, expect: "100-continue", "content-length": 1_000_000_000 },
      }, (response) => {
        resolve({ status: response.statusCode, continued });
        asked.destroy();
      });
      asked.on("continue", () => (continued = true));
      asked.on("error", reject);
      asked.flushHeaders();
    });
    expect(seen).toEqual({ status: 403, continued: false });
  });

  test("objects flow through whole, whatever their size", async () => {
    const body = "0123456789abcdef".repeat(1 << 20);
    expect(await ask(full, "PUT", `${shop}/large`, { body, headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } })).toMatchObject({ status: 200 });
    const got = await ask(reader, "GET", `${shop}/large`);
    expect(got.body === body).toBe(true);
    expect(await ask(reader, "GET", `${shop}/large`, { headers: { range: "bytes=16-31" } })).toMatchObject({ status: 206, body: "0123456789abcdef" });
  });

  test("storage goes down in two ways, and comes back", async () => {
    await spaces.setFault("unavailable");
    expect(await ask(reader, "GET", `${shop}/topology/base.json`)).toMatchObject({ status: 503, body: expect.stringContaining("SlowDown") as string });
    await spaces.setFault("refused");
    await expect(ask(reader, "GET", `${shop}/topology/base.json`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await spaces.setFault("none");
    expect(await ask(reader, "GET", `${shop}/topology/base.json`)).toMatchObject({ status: 200 });
  });
});

/** Without `make tools` there is none; `make test` builds it first. */
function programIfThere(): string | null {
  const given = process.env["QUICKCART_VERSITYGW"];
  if (given !== undefined) return given;
  try {
    return readTools().versitygw;
  } catch {
    return null;
  }
}
