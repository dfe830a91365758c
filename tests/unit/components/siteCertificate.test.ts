import { X509Certificate, createPrivateKey } from "node:crypto";
import { type GivenCertificate, certificateWarning, checkSiteCertificate } from "../../../components/siteCertificate.ts";
import { parseRole } from "../../../components/rendering/role.ts";
import { lb } from "../../templates/support/roles.ts";
import { Authority, type Issued, type Wish } from "./authority.ts";

let authority: Authority;
let site: Issued;
beforeAll(() => {
  authority = new Authority();
  site = authority.site({ names: ["www.example.com", "*.shop.example.com"] });
});
afterAll(() => { authority.close(); });

const dayMs = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * dayMs);
const chain = (): string => site.certificate + authority.intermediate.certificate;
const check = (given: Partial<GivenCertificate> = {}) =>
  checkSiteCertificate({ certificate: chain(), key: site.key, hostName: "www.example.com", now: new Date(), ...given });
const reasons = (given: Partial<GivenCertificate>): string[] => check(given).problems.map(({ about, reason }) => `${about}: ${reason}`);

describe("what is fine", () => {
  test("a chain and its key, in the form that a load balancer's role takes", () => {
    const { site: checked, problems } = check();
    expect(problems).toEqual([]);
    expect(checked?.chain).toBe(chain());
    expect(checked?.ends).toEqual(new X509Certificate(site.certificate).validToDate);
    expect(() => parseRole({ ...lb, certificateKey: checked?.key ?? "" })).not.toThrow();
  });

  test("none at all", () => {
    expect(check({ certificate: undefined, key: undefined })).toEqual({ site: null, problems: [] });
  });

  test.each<[string, () => Partial<GivenCertificate>]>([
    ["with carriage returns, and no line feed at the end", () => ({ certificate: chain().replaceAll("\n", "\r\n").trimEnd(), key: site.key.replaceAll("\n", "\r\n").trimEnd() })],
    ["with text around the blocks, and spaces at the ends of lines", () => ({ certificate: `subject=CN = www\n${chain().replaceAll("\n", "  \n")}bye`, key: `Bag Attributes\n${site.key}` })],
    ["with the key in the old format", () => ({ key: authority.convert(site.key, "-traditional") })],
    ["with the key after its parameters", () => ({ key: `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${authority.convert(site.key, "-traditional")}` })],
  ])("%s", (_, given) => {
    const { site: checked } = check(given());
    expect(checked?.chain).toBe(chain());
    expect(checked?.key).toMatch(/^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END PRIVATE KEY-----\n$/);
    expect(createPrivateKey(checked?.key ?? "").equals(createPrivateKey(site.key))).toBe(true);
  });

  test.each<[string, Wish & { hostName?: string }]>([
    ["P-384", { kind: "P-384" }],
    ["a wildcard", { names: ["*.example.com"] }],
    ["the name in another case", { names: ["WWW.Example.com"] }],
    ["localhost", { names: ["localhost"], hostName: "localhost" }],
    ["for servers only", { extendedUse: "serverAuth,clientAuth" }],
  ])("%s", (_, { hostName = "www.example.com", ...wish }) => {
    const { certificate, key } = authority.site(wish);
    expect(reasons({ certificate, key, hostName })).toEqual([]);
  });

  test("the root at the chain's end, the site's certificate alone, and one that signed itself", () => {
    expect(reasons({ certificate: chain() + authority.root.certificate })).toEqual([]);
    expect(reasons({ certificate: site.certificate })).toEqual([]);
    expect(reasons({ ...authority.root, hostName: null })).toEqual([]);
  });

  test("a name that is not known yet is not held against it", () => {
    expect(reasons({ hostName: null })).toEqual([]);
  });
});

describe("what is refused", () => {
  test.each<[string, () => Partial<GivenCertificate>, RegExp]>([
    ["no key", () => ({ key: undefined }), /^certificateKey: missing, though there is a certificate: pulumi config set --secret quickcart:certificateKey/],
    ["no certificate", () => ({ certificate: undefined }), /^certificate: missing, though there is a certificateKey: pulumi config set quickcart:certificate/],
    ["another certificate's key", () => ({ key: authority.site().key }), /^certificateKey: not the key of the certificate/],
    ["expired", () => ({ now: inDays(91) }), /^certificate: expired on \d{4}-\d\d-\d\d \d\d:\d\d UTC$/],
    ["not valid yet", () => ({ now: inDays(-1), certificate: site.certificate }), /^certificate: not valid before \d{4}-/],
    ["for another name", () => ({ hostName: "other.example.com" }), /^certificate: not for other\.example\.com \(quickcart:hostName\); it names DNS:www\.example\.com, DNS:\*\.shop\.example\.com$/],
    ["a wildcard two levels up", () => ({ hostName: "a.b.shop.example.com" }), /^certificate: not for a\.b\.shop/],
    ["a wildcard's own parent", () => ({ hostName: "shop.example.com" }), /^certificate: not for shop\.example\.com/],
    ["the name as common name only", () => authority.site({ names: [] }), /^certificate: not for www\.example\.com .* no subjectAltName, and browsers do not look at the common name$/],
    ["RSA", () => authority.site({ kind: "RSA" }), /^certificate: its key is RSA: .* several times the CPU .*ECDSA on P-256 or P-384: openssl genpkey/],
    ["another curve", () => authority.site({ kind: "P-521" }), /^certificate: its key is ec on secp521r1, allowed is ECDSA/],
    ["Ed25519, which browsers do not know", () => authority.site({ kind: "Ed25519" }), /^certificate: its key is ed25519, allowed is ECDSA/],
    ["for clients only", () => authority.site({ extendedUse: "clientAuth" }), /^certificate: not issued for servers/],
    ["the issuer first", () => ({ certificate: authority.intermediate.certificate + site.certificate }), /^certificate: the chain is in the wrong order: the site's own certificate comes first/],
    ["issuers in the wrong order", () => ({ certificate: site.certificate + authority.root.certificate + authority.intermediate.certificate }), /^certificate: certificate 1 of the chain was not issued by the next one/],
    ["a stranger in the chain", () => ({ certificate: chain() + authority.site().certificate }), /^certificate: certificate 2 of the chain was not issued by the next one/],
    ["no PEM", () => ({ certificate: "site.crt" }), /^certificate: no certificate in PEM format/],
    ["a request instead of a certificate", () => ({ certificate: "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n" }), /^certificate: no certificate in PEM format/],
    ["a certificate cut short", () => ({ certificate: chain().slice(0, -200) }), /^certificate: cut short: a block in it that begins has no end$/],
    ["a key cut short", () => ({ key: site.key.slice(0, 100) }), /^certificateKey: cut short/],
    ["a damaged certificate", () => ({ certificate: site.certificate + authority.intermediate.certificate.replace("MII", "MIA") }), /^certificate: certificate 2 of 2 in it cannot be read/],
    ["a key in the certificate", () => ({ certificate: chain() + site.key }), /^certificate: holds a private key, which is no secret there/],
    ["a key that is no PEM", () => ({ key: "site.key" }), /^certificateKey: no private key in PEM format/],
    ["a damaged key", () => ({ key: site.key.replace("MI", "AA") }), /^certificateKey: the private key in it cannot be read/],
    ["two keys", () => ({ key: site.key + authority.site().key }), /^certificateKey: holds 2 private keys; one is wanted/],
    ["a key under a passphrase", () => ({ key: authority.convert(site.key, "-aes256", "-passout", "pass:secret") }), /^certificateKey: protected by a passphrase/],
    ["a key under a passphrase in the old format", () => ({ key: authority.convert(site.key, "-traditional", "-aes256", "-passout", "pass:secret") }), /^certificateKey: protected by a passphrase/],
  ])("%s", (_, given, reason) => {
    const { site: checked, problems } = check(given());
    expect(problems.map(({ about, reason: why }) => `${about}: ${why}`)).toEqual([expect.stringMatching(reason)]);
    expect(checked).toBeNull();
  });

  test("an issuer that expired before the site's own", () => {
    const late = authority.site({ days: 3000 });
    expect(reasons({ certificate: late.certificate + authority.intermediate.certificate, key: late.key, now: inDays(1900) }))
      .toEqual([expect.stringMatching(/^certificate: its issuer \(certificate 2 of the chain\) expired on /)]);
  });

  test("everything at once, of the site's own certificate wherever it stands", () => {
    const wrong = authority.site({ kind: "RSA", names: ["other.example.com"], extendedUse: "clientAuth" });
    const found = reasons({ certificate: authority.intermediate.certificate + wrong.certificate, key: site.key, now: inDays(91) });
    expect(found).toHaveLength(6);
    // Nothing of a key is ever in a message.
    for (const line of [...site.key.split("\n"), ...wrong.key.split("\n")]) {
      if (!line.startsWith("-----") && line !== "") expect(found.join()).not.toContain(line);
    }
  });
});

describe("what an operator is told of a site that works", () => {
  const now = new Date("2026-11-21T12:00:00Z");
  test.each([
    [null, /^no certificate is set for www\.example\.com: .* caCertificate\. To set one: pulumi config set quickcart:certificate < /],
    ["2026-12-12T12:00:00Z", /^the certificate of www\.example\.com ends on 2026-12-12 12:00 UTC, in 21 days\. /],
    ["2026-11-22T13:00:00Z", /in 1 day\. Set its successor .* `pulumi up`/],
  ])("%s", (ends, expected) => {
    expect(certificateWarning({ hostName: "www.example.com", certificateEnds: ends === null ? null : new Date(ends) }, now)).toMatch(expected);
  });

  test("nothing, while there is time", () => {
    expect(certificateWarning({ hostName: "www.example.com", certificateEnds: new Date("2026-12-13T12:00:00Z") }, now)).toBeNull();
  });
});
