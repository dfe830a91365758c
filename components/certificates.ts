import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { LocallySignedCert } from "@pulumi/tls/locallySignedCert.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";
import { type Cloud, type LoginKey } from "./cloud/cloud.ts";

const day = 24;
const hoursInTenYears = 10 * 365 * day;

/** What no client takes for longer than; whoever runs `pulumi up` in its last month gets the next one. */
const siteCertificateHours = { valid: 398 * day, renewed: 30 * day };

/** Letters and digits: about 380 bits. */
const ticketSecretLength = 64;

export interface CertificatesArgs {
  readonly cloud: Cloud;
  readonly siteName: string;
  readonly hostName: string;
  /** Null: the authority issues one. */
  readonly given: SiteTls | null;
}

/** What a load balancer shows and proves to clients. PEM. */
export interface SiteTls {
  /** The site's own certificate first. */
  readonly chain: Output<string>;
  /** Secret. */
  readonly key: Output<string>;
}

interface Authority {
  readonly key: PrivateKey;
  readonly certificate: SelfSignedCert;
}

/** The key that `@pulumi/command` logs in with, the stack's authority, and what the site does TLS with. */
export class Certificates extends ComponentResource {
  readonly loginKey: LoginKey;
  /** OpenSSH format. Secret. */
  readonly loginPrivateKey: Output<string>;
  /** PEM. */
  readonly caCertificate: Output<string>;
  readonly site: SiteTls;
  /** From which load balancers derive the keys of TLS session tickets: who left one of them resumes at the other. Secret. */
  readonly ticketSecret: Output<string>;

  constructor(name: string, { cloud, siteName, hostName, given }: CertificatesArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Certificates", name, {}, opts);
    const login = new PrivateKey(`${name}-login`, { algorithm: "ED25519" }, { parent: this });
    // The line's end is no part of the key: clouds echo it without, which would be a difference for ever.
    const publicKey = login.publicKeyOpenssh.apply((line) => line.trim());
    this.loginKey = cloud.loginKey(`${name}-login`, publicKey, { parent: this });
    this.loginPrivateKey = login.privateKeyOpenssh;
    const authority = this.authority(name, siteName);
    this.caCertificate = authority.certificate.certPem;
    this.site = given ?? this.issue(`${name}-site`, hostName, authority);
    this.ticketSecret = new RandomPassword(`${name}-tickets`, { length: ticketSecretLength, special: false }, { parent: this }).result;
    this.registerOutputs({ caCertificate: this.caCertificate });
  }

  private authority(name: string, siteName: string): Authority {
    const key = new PrivateKey(`${name}-authority`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this });
    const certificate = new SelfSignedCert(`${name}-authority`, {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName: `${siteName} internal authority`, organization: "QuickCart" },
      validityPeriodHours: hoursInTenYears,
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: ["cert_signing", "crl_signing"],
    }, { parent: this });
    return { key, certificate };
  }

  private issue(name: string, hostName: string, authority: Authority): SiteTls {
    const key = new PrivateKey(name, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this });
    const request = new CertRequest(name, { privateKeyPem: key.privateKeyPem, subject: { commonName: hostName }, dnsNames: [hostName] }, { parent: this });
    const certificate = new LocallySignedCert(name, {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: authority.key.privateKeyPem,
      caCertPem: authority.certificate.certPem,
      validityPeriodHours: siteCertificateHours.valid,
      earlyRenewalHours: siteCertificateHours.renewed,
      allowedUses: ["digital_signature", "server_auth"],
    }, { parent: this });
    return { chain: wholeLines(certificate.certPem), key: wholeLines(key.privateKeyPemPkcs8) };
  }
}

function wholeLines(pem: Output<string>): Output<string> {
  return pem.apply((text) => `${text.trimEnd()}\n`);
}
