import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { readText, writeFileAtomic } from "../files.ts";

x509.cryptoProvider.set(webcrypto);

// ECDSA P-256: handshakes are what fills a small machine, and RSA's cost ten times as much.
const curve = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const days = 24 * 60 * 60 * 1000;

export interface KeyPair {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS #8. */
  key: string;
}

/** Issues certificates that whoever trusts `certificate` accepts. */
export interface Authority {
  /** PEM. */
  certificate: string;
  /** `names` as in certificates: `*.example.com` covers one label. */
  issue(names: string[]): Promise<KeyPair>;
}

/**
 * The cloud's own certificate authority: made once per cloud, for a machine that trusted it must still do so after a
 * restart of the daemon.
 */
export async function openAuthority(dir: string): Promise<Authority> {
  const certificateFile = join(dir, "ca.crt");
  const keyFile = join(dir, "ca.key");
  if (!existsSync(certificateFile)) {
    const made = await makeAuthority();
    // The key first: a certificate without its key could never be used, a key without certificate is simply remade.
    await writeFileAtomic(keyFile, made.key, 0o600);
    await writeFileAtomic(certificateFile, made.certificate, 0o644);
  }
  const certificate = new x509.X509Certificate(await readText(certificateFile));
  const key = await importKey(await readText(keyFile));
  return {
    certificate: certificate.toString("pem") + "\n",
    issue: (names) => issue(certificate, key, names),
  };
}

async function makeAuthority(): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(curve, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=QuickCart local cloud",
    ...validity(3650),
    signingAlgorithm: curve,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem") + "\n", key: await exportKey(keys.privateKey) };
}

async function issue(authority: x509.X509Certificate, key: webcrypto.CryptoKey, names: string[]): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(curve, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${names[0] ?? "local"}`,
    issuer: authority.subject,
    ...validity(825),
    signingAlgorithm: curve,
    publicKey: keys.publicKey,
    signingKey: key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value }))),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem") + "\n", key: await exportKey(keys.privateKey) };
}

/** From yesterday on, for machines whose clock is a little behind. */
function validity(length: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - days), notAfter: new Date(now + length * days) };
}

/** Positive and without leading zeros, as RFC 5280 and DER want it. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString("hex");
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY") + "\n";
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), curve, false, ["sign"]);
}
