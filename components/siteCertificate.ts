/** Whether the certificate that a stack was given will serve its site. Pure: the clock is given. */
import { type KeyObject, X509Certificate, createPrivateKey } from "node:crypto";
import { pemBlocks } from "./pem.ts";

export interface GivenCertificate {
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** Null when it is not known yet what the site is called. */
  readonly hostName: string | null;
  readonly now: Date;
}

/** As load balancers want it: PEM with line feeds only, the key in PKCS #8. */
export interface SiteCertificate {
  /** The site's own certificate first, then its issuers'. */
  readonly chain: string;
  /** Secret. */
  readonly key: string;
  readonly ends: Date;
}

export interface CertificateProblem {
  readonly about: "certificate" | "certificateKey";
  /** Never quotes what was given: it may be a key. */
  readonly reason: string;
}

export interface CheckedCertificate {
  /** Null when none was given, or it cannot be used. */
  readonly site: SiteCertificate | null;
  readonly problems: readonly CertificateProblem[];
}

const serverAuthentication = "1.3.6.1.5.5.7.3.1";
const curves: readonly (string | undefined)[] = ["prime256v1", "secp384r1"];
const cutShort = "cut short: a block in it that begins has no end";
const wantedKey = "ECDSA on P-256 or P-384";
const makeKey = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out site.key";

export function checkSiteCertificate(given: GivenCertificate): CheckedCertificate {
  if (given.certificate === undefined && given.key === undefined) return { site: null, problems: [] };
  if (given.key === undefined) return refused("certificateKey", "missing, though there is a certificate: pulumi config set --secret quickcart:certificateKey < site.key");
  if (given.certificate === undefined) return refused("certificate", "missing, though there is a certificateKey: pulumi config set quickcart:certificate < site.crt");
  const chain = readChain(given.certificate);
  const key = readKey(given.key);
  if (typeof chain === "string" || typeof key === "string") {
    return { site: null, problems: [...problem("certificate", chain), ...problem("certificateKey", key)] };
  }
  const own = ownOf(chain, key);
  const problems = [
    ...problem("certificateKey", own.checkPrivateKey(key) ? null : "not the key of the certificate: the two do not belong together"),
    ...[orderProblem(chain, own), keyProblem(own), useProblem(own), nameProblem(own, given.hostName), ...chain.map((one, at) => dateProblem(one, at, given.now))]
      .flatMap((reason) => problem("certificate", reason)),
  ];
  if (problems.length > 0) return { site: null, problems };
  return { site: { chain: chain.map(String).join(""), key: key.export({ type: "pkcs8", format: "pem" }).toString(), ends: own.validToDate }, problems };
}

function refused(about: CertificateProblem["about"], reason: string): CheckedCertificate {
  return { site: null, problems: [{ about, reason }] };
}

/** @param reason null, or what was read, when there is nothing to say against it */
function problem(about: CertificateProblem["about"], reason: unknown): CertificateProblem[] {
  return typeof reason === "string" ? [{ about, reason }] : [];
}

function readChain(text: string): X509Certificate[] | string {
  const blocks = pemBlocks(text);
  if (blocks === null) return cutShort;
  if (blocks.some(({ label }) => label.endsWith("PRIVATE KEY"))) {
    return "holds a private key, which is no secret there: it belongs into quickcart:certificateKey, set with --secret. If it is in Pulumi.<stack>.yaml in plain text, have a new one made";
  }
  const certificates = blocks.filter(({ label }) => label === "CERTIFICATE");
  if (certificates.length === 0) return "no certificate in PEM format (-----BEGIN CERTIFICATE-----) is in it";
  const chain: X509Certificate[] = [];
  for (const [at, { pem }] of certificates.entries()) {
    try {
      chain.push(new X509Certificate(pem));
    } catch {
      return `certificate ${at + 1} of ${certificates.length} in it cannot be read: it is damaged or cut short`;
    }
  }
  return chain;
}

function readKey(text: string): KeyObject | string {
  const blocks = pemBlocks(text);
  if (blocks === null) return cutShort;
  const keys = blocks.filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const [first] = keys;
  if (first === undefined) return "no private key in PEM format (-----BEGIN PRIVATE KEY-----) is in it";
  if (keys.length > 1) return `holds ${keys.length} private keys; one is wanted`;
  if (first.pem.includes("ENCRYPTED")) return "protected by a passphrase, which nobody could type on a load balancer: openssl pkey -in site.key | pulumi config set --secret quickcart:certificateKey";
  try {
    return createPrivateKey(first.pem);
  } catch {
    return "the private key in it cannot be read: it is damaged or cut short";
  }
}

/** The site's own certificate, wherever in the chain it stands. */
function ownOf(chain: readonly X509Certificate[], key: KeyObject): X509Certificate {
  const [first] = chain;
  if (first === undefined) throw new RangeError("a chain of no certificates");
  return chain.find((one) => one.checkPrivateKey(key)) ?? chain.find((one) => !one.ca) ?? first;
}

function orderProblem(chain: readonly X509Certificate[], own: X509Certificate): string | null {
  if (chain[0] !== own) return "the chain is in the wrong order: the site's own certificate comes first, then the one that issued it, and so on";
  const broken = chain.findIndex((one, at) => {
    const issuer = chain[at + 1];
    return issuer !== undefined && !(one.checkIssued(issuer) && one.verify(issuer.publicKey));
  });
  return broken === -1 ? null
    : `certificate ${broken + 1} of the chain was not issued by the next one: the chain is in the wrong order, or holds one that does not belong there`;
}

function keyProblem({ publicKey }: X509Certificate): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  if (type === "ec" && curves.includes(details?.namedCurve)) return null;
  if (type?.startsWith("rsa")) {
    return "its key is RSA: what fills a load balancer in a sale are new TLS connections, and each costs several times the CPU with RSA. " +
      `Have a certificate issued for a key that is ${wantedKey}: ${makeKey}`;
  }
  return `its key is ${[type, details?.namedCurve].filter(Boolean).join(" on ")}, allowed is ${wantedKey}: ${makeKey}`;
}

/** What Node.js calls key usage is the extended one; without it a certificate is good for everything. */
function useProblem({ keyUsage }: X509Certificate): string | null {
  const uses: readonly string[] = keyUsage ?? [];
  return uses.length === 0 || uses.includes(serverAuthentication) ? null : "not issued for servers (its extended key usage lacks serverAuth)";
}

function nameProblem(own: X509Certificate, hostName: string | null): string | null {
  // The common name alone does not count: browsers have not looked at it for years.
  if (hostName === null || own.checkHost(hostName, { subject: "never" }) !== undefined) return null;
  const names = own.subjectAltName ?? "nothing: it has no subjectAltName, and browsers do not look at the common name";
  return `not for ${hostName} (quickcart:hostName); it names ${names}`;
}

function dateProblem({ validFromDate, validToDate }: X509Certificate, at: number, now: Date): string | null {
  const which = at === 0 ? "" : `its issuer (certificate ${at + 1} of the chain) `;
  if (now > validToDate) return `${which}expired on ${day(validToDate)}`;
  if (now < validFromDate) return `${which}not valid before ${day(validFromDate)}`;
  return null;
}

const dayMs = 86_400_000;
/** Enough to have another one issued without haste. */
const warnedDays = 21;

/** What an operator should know of a site that works: its certificate ends soon, or only its own clients trust it. */
export function certificateWarning({ hostName, certificateEnds: ends }: { hostName: string; certificateEnds: Date | null }, now: Date): string | null {
  if (ends === null) {
    return `no certificate is set for ${hostName}: the stack's own authority issues one, which only clients trust that were given the output caCertificate. ` +
      "To set one: pulumi config set quickcart:certificate < chain.pem && pulumi config set --secret quickcart:certificateKey < site.key";
  }
  const days = Math.floor((ends.getTime() - now.getTime()) / dayMs);
  return days > warnedDays ? null
    : `the certificate of ${hostName} ends on ${day(ends)}, in ${days} day${days === 1 ? "" : "s"}. Set its successor (quickcart:certificate, ` +
      "quickcart:certificateKey) and run `pulumi up`, which replaces the load balancers one after the other";
}

function day(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
