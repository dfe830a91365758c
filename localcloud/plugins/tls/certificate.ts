import { createHash, type webcrypto } from "node:crypto";
import { type Stored } from "../core/resource.ts";
import { type JsonObject } from "../core/values.ts";
import { alternativeNames, serialNumber, type SigningKey, usageExtensions, x509 } from "./x509.ts";

const hour = 3_600_000;

export interface CertificateWish {
  allowedUses: string[];
  dnsNames?: string[] | undefined;
  ipAddresses?: string[] | undefined;
  uris?: string[] | undefined;
  isCaCertificate?: boolean | undefined;
  /** How many intermediate certificates may follow; below 0: any number. */
  maxPathLength?: number | undefined;
  setSubjectKeyId?: boolean | undefined;
  validityPeriodHours: number;
  earlyRenewalHours?: number | undefined;
}

export interface Issue {
  wish: CertificateWish;
  subject: x509.Name;
  publicKey: webcrypto.CryptoKey;
  issuer: x509.Name;
  signer: SigningKey;
  /** Hexadecimal id of the key that signs, as the issuer's certificate gives it; null when it gives none. */
  authorityKeyId: string | null;
}

/** Signs a certificate; the state has what the official plugin's has. */
export async function issue({ wish, subject, publicKey, issuer, signer, authorityKeyId }: Issue): Promise<{ id: string; outputs: JsonObject }> {
  const ca = wish.isCaCertificate ?? false;
  const serial = serialNumber();
  // Whole seconds are all that a certificate can say.
  const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + wish.validityPeriodHours * hour);
  const pathLength = ca && wish.maxPathLength !== undefined && wish.maxPathLength >= 0 ? wish.maxPathLength : undefined;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.hex,
    subject: subject.toJSON(),
    issuer: issuer.toJSON(),
    notBefore,
    notAfter,
    publicKey,
    signingKey: signer.keys.privateKey,
    signingAlgorithm: signer.signing,
    extensions: [
      ...usageExtensions(wish.allowedUses),
      new x509.BasicConstraintsExtension(ca, pathLength, true),
      // A CA needs its key's id, so that what it issues can name it.
      ...(ca || wish.setSubjectKeyId ? [await x509.SubjectKeyIdentifierExtension.create(publicKey)] : []),
      ...(authorityKeyId === null ? [] : [new x509.AuthorityKeyIdentifierExtension(authorityKeyId)]),
      ...alternativeNames(wish),
    ],
  });
  return {
    id: serial.decimal,
    outputs: {
      certPem: `${certificate.toString("pem")}\n`,
      validityStartTime: notBefore.toISOString().replace(".000Z", "Z"),
      validityEndTime: notAfter.toISOString().replace(".000Z", "Z"),
      readyForRenewal: isDue(notAfter, wish.earlyRenewalHours),
    },
  };
}

function isDue(end: Date, earlyHours: unknown): boolean {
  return Date.now() >= end.getTime() - (typeof earlyHours === "number" ? earlyHours : 0) * hour;
}

/** Names the output to blame when a certificate in the state must be renewed. */
export function renewal({ inputs, outputs }: Stored): string | null {
  const end = outputs["validityEndTime"];
  return typeof end === "string" && isDue(new Date(end), inputs["earlyRenewalHours"]) ? "readyForRenewal" : null;
}

export function refreshed(stored: Stored): Stored {
  return { inputs: stored.inputs, outputs: { ...stored.outputs, readyForRenewal: renewal(stored) !== null } };
}

export function sha1(bytes: ArrayBuffer): string {
  return createHash("sha1").update(Buffer.from(bytes)).digest("hex");
}

/** The id by which a certificate names its issuer's key. */
export async function keyIdOf(publicKey: webcrypto.CryptoKey): Promise<string> {
  return (await x509.SubjectKeyIdentifierExtension.create(publicKey)).keyId;
}
