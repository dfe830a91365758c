import { ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi";
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

/** Whoever runs `pulumi up` in the last two of five years gives every machine its next one, in place. */
const machineCertificateHours = { valid: 5 * 365 * day, renewed: 2 * 365 * day };

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

/** By which a machine shows others of the stack who it is, as a server and as a client. PEM. */
export interface MachineTls {
  readonly authority: Output<string>;
  readonly certificate: Output<string>;
  /** Secret. */
  readonly key: Output<string>;
}

interface Issue {
  readonly commonName: string;
  readonly dnsNames: string[];
  readonly ipAddresses?: string[];
  readonly hours: { readonly valid: number; readonly renewed: number };
  readonly uses: string[];
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
  private readonly authority: Authority;

  constructor(name: string, { cloud, siteName, hostName, given }: CertificatesArgs, opts: ComponentResourceOptions = {}) {
    super("quickcart:components:Certificates", name, {}, opts);
    const login = new PrivateKey(`${name}-login`, { algorithm: "ED25519" }, { parent: this });
    // The line's end is no part of the key: clouds echo it without, which would be a difference for ever.
    const publicKey = login.publicKeyOpenssh.apply((line) => line.trim());
    this.loginKey = cloud.loginKey(`${name}-login`, publicKey, { parent: this });
    this.loginPrivateKey = login.privateKeyOpenssh;
    this.authority = this.makeAuthority(name, siteName);
    this.caCertificate = this.authority.certificate.certPem;
    this.site = given ?? this.siteTls(`${name}-site`, hostName);
    this.ticketSecret = new RandomPassword(`${name}-tickets`, { length: ticketSecretLength, special: false }, { parent: this }).result;
    this.registerOutputs({ caCertificate: this.caCertificate });
  }

  /** @param names what others call the machine; the tier's own name among them, where its members tell each other by that */
  forMachine(machine: string, names: readonly string[], parent: Resource): MachineTls {
    const { certificate, key } = this.issue(`${machine}-tls`, {
      commonName: machine, dnsNames: [...names], ipAddresses: ["127.0.0.1"], hours: machineCertificateHours, uses: ["server_auth", "client_auth"],
    }, parent);
    return { authority: wholeLines(this.caCertificate), certificate, key };
  }

  private makeAuthority(name: string, siteName: string): Authority {
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

  private siteTls(name: string, hostName: string): SiteTls {
    const { certificate, key } = this.issue(name, { commonName: hostName, dnsNames: [hostName], hours: siteCertificateHours, uses: ["server_auth"] }, this);
    return { chain: certificate, key };
  }

  private issue(name: string, { commonName, dnsNames, ipAddresses = [], hours, uses }: Issue, parent: Resource): { certificate: Output<string>; key: Output<string> } {
    const key = new PrivateKey(name, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent });
    const request = new CertRequest(name, {
      privateKeyPem: key.privateKeyPem, subject: { commonName }, dnsNames, ...ipAddresses.length === 0 ? {} : { ipAddresses },
    }, { parent });
    const certificate = new LocallySignedCert(name, {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: this.authority.key.privateKeyPem,
      caCertPem: this.authority.certificate.certPem,
      validityPeriodHours: hours.valid,
      earlyRenewalHours: hours.renewed,
      allowedUses: ["digital_signature", ...uses],
    }, { parent });
    return { certificate: wholeLines(certificate.certPem), key: wholeLines(key.privateKeyPemPkcs8) };
  }
}

function wholeLines(pem: Output<string>): Output<string> {
  return pem.apply((text) => `${text.trimEnd()}\n`);
}
