import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";
import { type Cloud, type LoginKey } from "./cloud/cloud.ts";

const hoursInTenYears = 10 * 365 * 24;

export interface CertificatesArgs {
  readonly cloud: Cloud;
  readonly siteName: string;
}

/** The key that `@pulumi/command` logs in with, and the authority for what tiers use among themselves. */
export class Certificates extends ComponentResource {
  readonly loginKey: LoginKey;
  /** OpenSSH format. Secret. */
  readonly loginPrivateKey: Output<string>;
  /** PEM. */
  readonly caCertificate: Output<string>;

  constructor(name: string, args: CertificatesArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Certificates", name, {}, opts);
    const login = new PrivateKey(`${name}-login`, { algorithm: "ED25519" }, { parent: this });
    // The line's end is no part of the key: clouds echo it without, which would be a difference for ever.
    const publicKey = login.publicKeyOpenssh.apply((line) => line.trim());
    this.loginKey = args.cloud.loginKey(`${name}-login`, publicKey, { parent: this });
    this.loginPrivateKey = login.privateKeyOpenssh;
    this.caCertificate = this.authority(name, args.siteName);
    this.registerOutputs({ caCertificate: this.caCertificate });
  }

  private authority(name: string, siteName: string): Output<string> {
    const key = new PrivateKey(`${name}-authority`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this });
    const certificate = new SelfSignedCert(`${name}-authority`, {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName: `${siteName} internal authority`, organization: "QuickCart" },
      validityPeriodHours: hoursInTenYears,
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: ["cert_signing", "crl_signing"],
    }, { parent: this });
    return certificate.certPem;
  }
}
