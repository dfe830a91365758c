// @peculiar/x509 finds its parsers by decorators, which want this first.
import "reflect-metadata";
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { z } from "zod";

x509.cryptoProvider.set(webcrypto as never);

export { x509 };

/** Key usages of RFC 5280, by the names that the official plugin takes. */
const keyUses: Record<string, number> = {
  digital_signature: x509.KeyUsageFlags.digitalSignature,
  content_commitment: x509.KeyUsageFlags.nonRepudiation,
  key_encipherment: x509.KeyUsageFlags.keyEncipherment,
  data_encipherment: x509.KeyUsageFlags.dataEncipherment,
  key_agreement: x509.KeyUsageFlags.keyAgreement,
  cert_signing: x509.KeyUsageFlags.keyCertSign,
  crl_signing: x509.KeyUsageFlags.cRLSign,
  encipher_only: x509.KeyUsageFlags.encipherOnly,
  decipher_only: x509.KeyUsageFlags.decipherOnly,
};

const extendedUses: Record<string, string> = {
  any_extended: "2.5.29.37.0",
  server_auth: "1.3.6.1.5.5.7.3.1",
  client_auth: "1.3.6.1.5.5.7.3.2",
  code_signing: "1.3.6.1.5.5.7.3.3",
  email_protection: "1.3.6.1.5.5.7.3.4",
  ipsec_end_system: "1.3.6.1.5.5.7.3.5",
  ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
  ipsec_user: "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  ocsp_signing: "1.3.6.1.5.5.7.3.9",
  microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
  netscape_server_gated_crypto: "2.16.840.1.113730.4.1",
  microsoft_commercial_code_signing: "1.3.6.1.4.1.311.2.1.22",
  microsoft_kernel_code_signing: "1.3.6.1.4.1.311.61.1.1",
};

const allUses = [...Object.keys(keyUses), ...Object.keys(extendedUses)];
export const useSchema = z.array(z.string().refine((use) => allUses.includes(use), { message: `a use must be one of ${allUses.sort().join(", ")}` }));

export function usageExtensions(uses: string[]): x509.Extension[] {
  const flags = uses.reduce((sum, use) => sum | (keyUses[use] ?? 0), 0);
  const extended = uses.flatMap((use) => extendedUses[use] ?? []);
  return [
    ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
    ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
  ];
}

export function alternativeNames({ dnsNames, ipAddresses, uris }: { dnsNames?: string[] | undefined; ipAddresses?: string[] | undefined; uris?: string[] | undefined }): x509.Extension[] {
  const names: { type: "dns" | "ip" | "url"; value: string }[] = [
    ...(dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(ipAddresses ?? []).map((value) => ({ type: "ip" as const, value })),
    ...(uris ?? []).map((value) => ({ type: "url" as const, value })),
  ];
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
}

/** Positive and of 16 bytes, as RFC 5280 asks for. */
export function serialNumber(): { hex: string; decimal: string } {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return { hex: bytes.toString("hex"), decimal: BigInt(`0x${bytes.toString("hex")}`).toString() };
}

/** What @peculiar/x509 signs with; its WebCrypto has no P-224. */
export interface SigningKey {
  algorithm: string;
  keys: { publicKey: webcrypto.CryptoKey; privateKey: webcrypto.CryptoKey };
  signing: { name: string; hash?: string };
}

export async function signingKey(pem: string): Promise<SigningKey> {
  const key = parseKey(pem);
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const names: Record<string, string> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };
  if (key.asymmetricKeyType === "rsa") return imported(key, "RSA", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" });
  if (key.asymmetricKeyType === "ed25519") return imported(key, "ED25519", { name: "Ed25519" }, { name: "Ed25519" });
  const namedCurve = names[curve ?? ""];
  if (key.asymmetricKeyType !== "ec" || namedCurve === undefined) {
    throw new Error(`a certificate's key must be RSA, ED25519 or ECDSA on P256, P384 or P521, not ${key.asymmetricKeyType ?? "unknown"}${curve ? ` on ${curve}` : ""}`);
  }
  const hash = { "P-256": "SHA-256", "P-384": "SHA-384", "P-521": "SHA-512" }[namedCurve] ?? "SHA-256";
  return imported(key, "ECDSA", { name: "ECDSA", namedCurve }, { name: "ECDSA", hash });
}

function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Error("privateKeyPem is not a private key in PEM format", { cause: error });
  }
}

async function imported(key: KeyObject, algorithm: string, parameters: { name: string; hash?: string; namedCurve?: string }, signing: SigningKey["signing"]): Promise<SigningKey> {
  const { subtle } = webcrypto;
  const privateKey = await subtle.importKey("pkcs8", key.export({ format: "der", type: "pkcs8" }), parameters, true, ["sign"]);
  const publicKey = await subtle.importKey("spki", createPublicKey(key).export({ format: "der", type: "spki" }), parameters, true, ["verify"]);
  return { algorithm, keys: { publicKey, privateKey }, signing };
}
