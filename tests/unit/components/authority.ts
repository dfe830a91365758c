/** Certificates as others make them: by OpenSSL, in a folder that goes away. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const keyKinds = {
  "P-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "P-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "P-521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
  "RSA": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  "Ed25519": ["-algorithm", "ED25519"],
} as const;

export interface Issued {
  /** PEM, without its issuers. */
  certificate: string;
  key: string;
}

export interface Wish {
  kind?: keyof typeof keyKinds;
  /** Names in subjectAltName; none makes a certificate without one. */
  names?: readonly string[];
  commonName?: string;
  /** From now. */
  days?: number;
  extendedUse?: string;
}

export class Authority {
  private readonly folder = mkdtempSync(join(tmpdir(), "quickcart-authority-"));
  private made = 0;
  readonly root: Issued;
  /** Signed by the root; signs everything else. */
  readonly intermediate: Issued;

  constructor() {
    this.root = this.issue("root", "Root", ["basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign"], 3650);
    this.intermediate = this.issue("intermediate", "Intermediate", ["basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign"], 1825, { issuer: "root" });
  }

  site({ kind = "P-256", names = ["www.example.com"], commonName = "www.example.com", days = 90, extendedUse }: Wish = {}): Issued {
    const extensions = [
      "basicConstraints=CA:FALSE",
      ...(names.length === 0 ? [] : [`subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`]),
      ...(extendedUse === undefined ? [] : [`extendedKeyUsage=${extendedUse}`]),
    ];
    this.made += 1;
    return this.issue(`site${this.made}`, commonName, extensions, days, { issuer: "intermediate", kind });
  }

  /** What OpenSSL makes of a key, such as another format. */
  convert(key: string, ...args: string[]): string {
    return execFileSync("openssl", ["pkey", ...args], { input: key, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private issue(name: string, commonName: string, extensions: readonly string[], days: number, { issuer, kind = "P-256" }: { issuer?: string; kind?: keyof typeof keyKinds } = {}): Issued {
    const file = (suffix: string, of = name): string => join(this.folder, `${of}.${suffix}`);
    const openssl = (...args: string[]): void => { execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] }); };
    openssl("genpkey", ...keyKinds[kind], "-out", file("key"));
    openssl("req", "-new", "-key", file("key"), "-subj", `/CN=${commonName}`, "-out", file("csr"));
    writeFileSync(file("ext"), extensions.join("\n"));
    const signer = issuer === undefined ? ["-signkey", file("key")] : ["-CA", file("crt", issuer), "-CAkey", file("key", issuer), "-CAcreateserial"];
    openssl("x509", "-req", "-in", file("csr"), ...signer, "-days", String(days), "-extfile", file("ext"), "-out", file("crt"));
    return { certificate: readFileSync(file("crt"), "utf8"), key: readFileSync(file("key"), "utf8") };
  }
}
