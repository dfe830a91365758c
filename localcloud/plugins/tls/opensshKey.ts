import { createHash, type KeyObject, randomBytes } from "node:crypto";
import { z } from "zod";

/** Keys in OpenSSH's own formats: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key */
const jwk = z.object({ kty: z.string(), crv: z.string().optional(), x: z.string().optional(), y: z.string().optional(), d: z.string().optional(), n: z.string().optional(), e: z.string().optional(), p: z.string().optional(), q: z.string().optional(), qi: z.string().optional() });

interface Parts {
  type: string;
  public: Buffer[];
  private: Buffer[];
}

const curves: Record<string, string> = { "P-256": "nistp256", "P-384": "nistp384", "P-521": "nistp521" };

function field(bytes: Buffer | string): Buffer {
  const content = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** Numbers are signed there: a leading zero keeps one positive, and none is superfluous. */
function integer(text: string): Buffer {
  const bytes = Buffer.from(text, "base64url");
  const start = bytes.findIndex((byte) => byte !== 0);
  const trimmed = start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
  return field((trimmed[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), trimmed]) : trimmed);
}

/** null for curves that SSH does not know. */
function partsOf(key: KeyObject): Parts | null {
  const exported = jwk.parse(key.export({ format: "jwk" }));
  const of = (name: Exclude<keyof typeof exported, "kty">): string => exported[name] ?? "";
  if (exported.kty === "RSA") {
    return { type: "ssh-rsa", public: [integer(of("e")), integer(of("n"))], private: [integer(of("n")), integer(of("e")), integer(of("d")), integer(of("qi")), integer(of("p")), integer(of("q"))] };
  }
  if (exported.kty === "OKP") {
    const point = Buffer.from(of("x"), "base64url");
    return { type: "ssh-ed25519", public: [field(point)], private: [field(point), field(Buffer.concat([Buffer.from(of("d"), "base64url"), point]))] };
  }
  const curve = curves[of("crv")];
  if (curve === undefined) return null;
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(of("x"), "base64url"), Buffer.from(of("y"), "base64url")]);
  return { type: `ecdsa-sha2-${curve}`, public: [field(curve), field(point)], private: [field(curve), field(point), integer(of("d"))] };
}

export interface OpensshKey {
  /** One line with its line feed, without a comment. */
  publicKey: string;
  privateKey: string;
  fingerprintMd5: string;
  fingerprintSha256: string;
}

const none: OpensshKey = { publicKey: "", privateKey: "", fingerprintMd5: "", fingerprintSha256: "" };

/** Empty texts for a key that SSH does not know, as the official plugin has it. */
export function toOpenssh(key: KeyObject): OpensshKey {
  const parts = key.asymmetricKeyDetails?.namedCurve === "secp224r1" ? null : partsOf(key);
  if (!parts) return none;
  const blob = Buffer.concat([field(parts.type), ...parts.public]);
  return {
    publicKey: `${parts.type} ${blob.toString("base64")}\n`,
    privateKey: armor(blob, parts),
    fingerprintMd5: createHash("md5").update(blob).digest("hex").replace(/(..)(?!$)/g, "$1:"),
    fingerprintSha256: `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`,
  };
}

const blockSize = 8;

function armor(publicBlob: Buffer, parts: Parts): string {
  const check = randomBytes(4);
  const comment = field("");
  const secret = Buffer.concat([check, check, field(parts.type), ...parts.private, comment]);
  const padding = Buffer.from(Array.from({ length: (blockSize - (secret.length % blockSize)) % blockSize }, (_, i) => i + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"), field("none"), field("none"), field(""), one, field(publicBlob), field(Buffer.concat([secret, padding])),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}
