import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type JsonObject, reveal } from "../../../localcloud/plugins/core/values.ts";
import { tls } from "../../../localcloud/plugins/tls/plugin.ts";
import { checkSiteCertificate } from "../../../components/siteCertificate.ts";
import { createStage, type Stage } from "../support/stage.ts";

const exec = promisify(execFile);
const token = (name: string): string => `tls:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`;

/** What others make of what we make: OpenSSL and OpenSSH themselves. */
describe("tls", () => {
  let dir: string;
  let stage: Stage;

  beforeAll(async () => { dir = await mkdtemp(join(tmpdir(), "quickcart-tls-")); });
  afterAll(async () => { await rm(dir, { recursive: true, force: true }); });
  beforeEach(() => { stage = createStage(tls()); });

  const outputs = (name: string): JsonObject => reveal(stage.get(name).outputs).values;
  const text = (name: string, key: string): string => String(outputs(name)[key]);
  async function file(name: string, content: string): Promise<string> {
    const path = join(dir, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  }
  const openssl = async (...args: string[]): Promise<string> => (await exec("openssl", args)).stdout;
  const key = async (name: string, inputs: JsonObject): Promise<void> => { await stage.up(token("PrivateKey"), name, inputs); };
  const show = async (name: string): Promise<string> => openssl("x509", "-noout", "-text", "-in", await file(`${name}.pem`, text(name, "certPem")));

  it.each([
    { algorithm: "RSA", header: "RSA PRIVATE KEY", says: "Private-Key: (2048 bit", ssh: "ssh-rsa", bits: "2048" },
    { algorithm: "RSA", rsaBits: 3072, header: "RSA PRIVATE KEY", says: "Private-Key: (3072 bit", ssh: "ssh-rsa", bits: "3072" },
    { algorithm: "ECDSA", ecdsaCurve: "P256", header: "EC PRIVATE KEY", says: "prime256v1", ssh: "ecdsa-sha2-nistp256", bits: "256" },
    { algorithm: "ECDSA", ecdsaCurve: "P384", header: "EC PRIVATE KEY", says: "secp384r1", ssh: "ecdsa-sha2-nistp384", bits: "384" },
    { algorithm: "ECDSA", ecdsaCurve: "P521", header: "EC PRIVATE KEY", says: "secp521r1", ssh: "ecdsa-sha2-nistp521", bits: "521" },
    { algorithm: "ED25519", header: "PRIVATE KEY", says: "ED25519 Private-Key", ssh: "ssh-ed25519", bits: "256" },
  ])("makes $algorithm keys ($bits bit) that OpenSSL and OpenSSH can read", async ({ header, says, ssh, bits, ...inputs }) => {
    await key("key", inputs as JsonObject);
    expect(text("key", "privateKeyPem")).toMatch(new RegExp(`^-----BEGIN ${header}-----\n`));
    const pem = await file("key.pem", text("key", "privateKeyPem"));
    expect(await openssl("pkey", "-noout", "-text", "-in", pem)).toContain(says);
    expect(await openssl("pkey", "-pubout", "-in", await file("key.p8", text("key", "privateKeyPemPkcs8")))).toBe(text("key", "publicKeyPem"));
    const derived = (await exec("ssh-keygen", ["-y", "-f", await file("id", text("key", "privateKeyOpenssh"))])).stdout;
    expect(derived.trim().split(" ").slice(0, 2).join(" ")).toBe(text("key", "publicKeyOpenssh").trim());
    expect(text("key", "publicKeyOpenssh")).toMatch(new RegExp(`^${ssh} [^ ]+\n$`));
    const pub = await file("id.pub", text("key", "publicKeyOpenssh"));
    expect((await exec("ssh-keygen", ["-l", "-f", pub])).stdout).toContain(`${bits} ${text("key", "publicKeyFingerprintSha256")} `);
    expect((await exec("ssh-keygen", ["-l", "-E", "md5", "-f", pub])).stdout).toContain(`MD5:${text("key", "publicKeyFingerprintMd5")} `);
  });

  it("has no SSH form for P224, and keeps private halves secret", async () => {
    await key("key", { algorithm: "ECDSA" });
    expect(outputs("key")).toMatchObject({ privateKeyOpenssh: "", publicKeyOpenssh: "", publicKeyFingerprintSha256: "" });
    expect(await openssl("pkey", "-noout", "-text", "-in", await file("key.pem", text("key", "privateKeyPem")))).toContain("secp224r1");
    expect([...reveal(stage.get("key").outputs).secretKeys].sort()).toEqual(["privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"]);
  });

  it("replaces a key when its kind changes, and not when a default is written out", async () => {
    await key("key", { algorithm: "RSA" });
    expect(await stage.up(token("PrivateKey"), "key", { algorithm: "RSA", rsaBits: 2048 })).toEqual([]);
    expect(await stage.up(token("PrivateKey"), "key", { algorithm: "ED25519" })).toMatchObject([{ key: "algorithm", replaces: true }]);
  });

  async function authority(algorithm: JsonObject): Promise<void> {
    await key("ca-key", algorithm);
    await stage.up(token("SelfSignedCert"), "ca", {
      privateKeyPem: text("ca-key", "privateKeyPem"), subject: { commonName: "Shop CA", organization: "Shop", country: "DE" }, isCaCertificate: true, maxPathLength: 0,
      allowedUses: ["cert_signing", "crl_signing"], validityPeriodHours: 48, setSubjectKeyId: true,
    });
  }

  it.each([{ algorithm: "RSA" }, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { algorithm: "ECDSA", ecdsaCurve: "P384" }, { algorithm: "ED25519" }])("%j: an authority, a request, and a certificate that OpenSSL verifies", async (algorithm) => {
    await authority(algorithm as JsonObject);
    expect(await show("ca")).toContain("CA:TRUE, pathlen:0");
    await key("key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
    await stage.up(token("CertRequest"), "request", {
      privateKeyPem: text("key", "privateKeyPem"), subject: { commonName: "shop.example.com" }, dnsNames: ["shop.example.com", "*.shop.example.com"], ipAddresses: ["10.10.0.2", "2001:db8::1"],
      uris: ["spiffe://shop/web"],
    });
    expect(await openssl("req", "-noout", "-verify", "-subject", "-in", await file("request.pem", text("request", "certRequestPem")))).toMatch(/CN ?= ?shop\.example\.com/);
    await stage.up(token("LocallySignedCert"), "cert", {
      certRequestPem: text("request", "certRequestPem"), caPrivateKeyPem: text("ca-key", "privateKeyPem"), caCertPem: text("ca", "certPem"), validityPeriodHours: 24,
      allowedUses: ["digital_signature", "key_encipherment", "server_auth", "client_auth"],
    });
    const shown = await show("cert");
    expect(shown).toContain("DNS:shop.example.com, DNS:*.shop.example.com, IP Address:10.10.0.2, IP Address:2001:DB8:0:0:0:0:0:1, URI:spiffe://shop/web");
    expect(shown).toMatch(/Key Usage: critical\s+Digital Signature, Key Encipherment\s+X509v3 Extended Key Usage: \s+TLS Web Server Authentication, TLS Web Client Authentication/);
    expect(shown).toContain("CA:FALSE");
    const verify = ["verify", "-x509_strict", "-CAfile", await file("ca.pem", text("ca", "certPem"))];
    expect(await openssl(...verify, "-purpose", "sslserver", "-verify_hostname", "a.shop.example.com", await file("cert.pem", text("cert", "certPem")))).toContain(": OK");
    await expect(openssl(...verify, "-verify_hostname", "other.example.com", join(dir, "cert.pem"))).rejects.toThrow();
    expect(BigInt(`0x${(await openssl("x509", "-noout", "-serial", "-in", join(dir, "cert.pem"))).trim().split("=")[1] ?? ""}`).toString()).toBe(stage.get("cert").id);
  });

  it("issues what the site asks for: taken by the same check as one that is given, renewed in its last month", async () => {
    await authority({ algorithm: "ECDSA", ecdsaCurve: "P256" });
    await key("key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
    await stage.up(token("CertRequest"), "request", { privateKeyPem: text("key", "privateKeyPem"), subject: { commonName: "localhost" }, dnsNames: ["localhost"] });
    const inputs = {
      certRequestPem: text("request", "certRequestPem"), caPrivateKeyPem: text("ca-key", "privateKeyPem"), caCertPem: text("ca", "certPem"),
      allowedUses: ["digital_signature", "server_auth"], validityPeriodHours: 9552, earlyRenewalHours: 720,
    };
    await stage.up(token("LocallySignedCert"), "cert", inputs);
    const issued = { certificate: text("cert", "certPem"), key: text("key", "privateKeyPemPkcs8"), hostName: "localhost", now: new Date() };
    expect(checkSiteCertificate(issued)).toMatchObject({ site: { chain: text("cert", "certPem") }, problems: [] });
    expect(await stage.refresh("cert")).toEqual([]);
    const before = text("cert", "certPem");
    jest.useFakeTimers({ now: Date.now() + (9552 - 719) * 3_600_000, doNotFake: ["nextTick", "setImmediate", "setTimeout", "setInterval"] });
    try {
      expect(await stage.up(token("LocallySignedCert"), "cert", inputs)).toMatchObject([{ key: "readyForRenewal", replaces: true }]);
      expect(text("cert", "certPem")).not.toBe(before);
      expect(checkSiteCertificate({ ...issued, certificate: text("cert", "certPem"), now: new Date() }).problems).toEqual([]);
      expect(await stage.up(token("LocallySignedCert"), "cert", inputs)).toEqual([]);
    } finally {
      jest.useRealTimers();
    }
  });

  it("names the whole subject, in the order of a distinguished name", async () => {
    await key("key", { algorithm: "ED25519" });
    await stage.up(token("SelfSignedCert"), "cert", {
      privateKeyPem: text("key", "privateKeyPem"), allowedUses: ["any_extended"], validityPeriodHours: 1, setAuthorityKeyId: true,
      subject: {
        commonName: "Müller & Söhne", country: "DE", province: "Hessen", locality: "Frankfurt", organization: "Shop, Inc.", organizationalUnit: "Web", postalCode: "60311",
        serialNumber: "42", streetAddresses: ["One", "Two"], emailAddress: "ops@example.com",
      },
    });
    expect(await openssl("x509", "-noout", "-subject", "-nameopt", "sep_comma_plus_space,sname,utf8", "-in", await file("cert.pem", text("cert", "certPem"))))
      .toBe("subject=C=DE, O=Shop, Inc., OU=Web, L=Frankfurt, ST=Hessen, street=One, street=Two, postalCode=60311, serialNumber=42, CN=Müller & Söhne, emailAddress=ops@example.com\n");
    expect(await show("cert")).toContain("Authority Key Identifier");
  });

  it("wants renewal when its time is near: said by a refresh, done by the next update", async () => {
    await key("key", { algorithm: "ED25519" });
    const inputs = { privateKeyPem: text("key", "privateKeyPem"), allowedUses: ["server_auth"], validityPeriodHours: 10, earlyRenewalHours: 1 };
    await stage.up(token("SelfSignedCert"), "cert", inputs);
    expect(outputs("cert")).toMatchObject({ readyForRenewal: false });
    expect(Date.parse(text("cert", "validityEndTime")) - Date.parse(text("cert", "validityStartTime"))).toBe(10 * 3_600_000);
    expect(await stage.refresh("cert")).toEqual([]);
    expect(await stage.up(token("SelfSignedCert"), "cert", { ...inputs, earlyRenewalHours: 10 })).toMatchObject([{ key: "earlyRenewalHours", replaces: false }]);
    expect(await stage.refresh("cert")).toMatchObject([{ key: "readyForRenewal", replaces: true }]);
    expect(outputs("cert")).toMatchObject({ readyForRenewal: true });
  });

  it.each([
    { inputs: { algorithm: "DSA" }, says: /'algorithm': .*"RSA"\|"ECDSA"\|"ED25519"/ },
    { inputs: {}, says: /Missing required property 'algorithm'/ },
    { inputs: { algorithm: "RSA", bits: 4096 }, says: /'bits' is not an input .*rsaBits/ },
  ])("says what is wrong with $inputs", async ({ inputs, says }) => {
    await expect(stage.up(token("PrivateKey"), "key", inputs as JsonObject)).rejects.toThrow(says);
  });

  it("says what is wrong with a certificate's inputs", async () => {
    await expect(stage.up(token("SelfSignedCert"), "cert", { privateKeyPem: "x", allowedUses: ["fly"], validityPeriodHours: 1 })).rejects.toThrow(/'allowedUses\[0\]': a use must be one of/);
    await expect(stage.up(token("SelfSignedCert"), "cert", { privateKeyPem: "x", allowedUses: [], validityPeriodHours: 1 })).rejects.toThrow("privateKeyPem is not a private key in PEM format");
    await key("key", { algorithm: "ECDSA", ecdsaCurve: "P224" });
    await expect(stage.up(token("SelfSignedCert"), "cert", { privateKeyPem: text("key", "privateKeyPem"), allowedUses: [], validityPeriodHours: 1 })).rejects.toThrow("not ec on secp224r1");
  });
});
