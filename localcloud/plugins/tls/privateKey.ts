import { createHash, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";
import { defineResource } from "../core/resource.ts";
import { type JsonObject } from "../core/values.ts";
import { toOpenssh } from "./opensshKey.ts";

const generate = promisify(generateKeyPair);

const curves = { P224: "secp224r1", P256: "prime256v1", P384: "secp384r1", P521: "secp521r1" } as const;

const inputs = z.object({
  algorithm: z.enum(["RSA", "ECDSA", "ED25519"]),
  ecdsaCurve: z.enum(["P224", "P256", "P384", "P521"]).optional(),
  rsaBits: z.int().min(1024).max(16384).optional(),
});

async function makeKey({ algorithm, ecdsaCurve, rsaBits }: z.infer<typeof inputs>): Promise<KeyObject> {
  if (algorithm === "RSA") return (await generate("rsa", { modulusLength: rsaBits ?? 2048 })).privateKey;
  if (algorithm === "ECDSA") return (await generate("ec", { namedCurve: curves[ecdsaCurve ?? "P224"] })).privateKey;
  return (await generate("ed25519")).privateKey;
}

/** The old format of its algorithm, where there is one: that is what `privateKeyPem` has always been. */
function toPem(key: KeyObject): string {
  if (key.asymmetricKeyType === "rsa") return key.export({ format: "pem", type: "pkcs1" }).toString();
  if (key.asymmetricKeyType === "ec") return key.export({ format: "pem", type: "sec1" }).toString();
  return key.export({ format: "pem", type: "pkcs8" }).toString();
}

export function outputsOf(key: KeyObject): JsonObject {
  const ssh = toOpenssh(key);
  return {
    privateKeyPem: toPem(key),
    privateKeyPemPkcs8: key.export({ format: "pem", type: "pkcs8" }).toString(),
    privateKeyOpenssh: ssh.privateKey,
    publicKeyPem: createPublicKey(key).export({ format: "pem", type: "spki" }).toString(),
    publicKeyOpenssh: ssh.publicKey,
    publicKeyFingerprintMd5: ssh.fingerprintMd5,
    publicKeyFingerprintSha256: ssh.fingerprintSha256,
  };
}

export const privateKey = defineResource({
  inputs,
  behaviour: { algorithm: { replaces: true }, ecdsaCurve: { replaces: true, default: "P224" }, rsaBits: { replaces: true, default: 2048 } },
  computed: [
    "privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8", "publicKeyFingerprintMd5", "publicKeyFingerprintSha256", "publicKeyOpenssh", "publicKeyPem",
  ],
  secretOutputs: ["privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"],
  async create(given) {
    const key = await makeKey(given);
    const spki = createPublicKey(key).export({ format: "der", type: "spki" });
    return { id: createHash("sha1").update(spki).digest("hex"), outputs: { ...(given as JsonObject), ...outputsOf(key) } };
  },
});
