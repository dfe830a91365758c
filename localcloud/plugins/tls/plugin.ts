import { z } from "zod";
import { defineResource, type InputBehaviour, type Plugin } from "../core/resource.ts";
import { type JsonObject } from "../core/values.ts";
import { issue, keyIdOf, refreshed, renewal, sha1 } from "./certificate.ts";
import { privateKey } from "./privateKey.ts";
import { nameOf, subjectSchema } from "./subject.ts";
import { alternativeNames, signingKey, useSchema, x509 } from "./x509.ts";

const strings = z.array(z.string()).optional();
const names = { dnsNames: strings, ipAddresses: z.array(z.union([z.ipv4(), z.ipv6()])).optional(), uris: strings };
const validity = { validityPeriodHours: z.int().min(0), earlyRenewalHours: z.int().min(0).optional() };
const flag = z.boolean().optional();
const maxPathLength = z.int().optional();
const pem = z.string().min(1);

/** Nothing of a certificate can be changed but when to renew it. */
const fixed = (keys: readonly string[], defaults: Record<string, boolean | number> = {}): Record<string, InputBehaviour> => ({
  ...Object.fromEntries(keys.map((key) => [key, { replaces: true, ...(defaults[key] === undefined ? {} : { default: defaults[key] }) }])),
  earlyRenewalHours: { default: 0 },
});
const flags = { isCaCertificate: false, setSubjectKeyId: false, setAuthorityKeyId: false, maxPathLength: -1 };
const life = ["certPem", "readyForRenewal", "validityEndTime", "validityStartTime"];

const selfSignedInputs = z.object({
  privateKeyPem: pem, subject: subjectSchema.optional(), allowedUses: useSchema, ...names, ...validity, isCaCertificate: flag, setSubjectKeyId: flag, setAuthorityKeyId: flag, maxPathLength,
});

const selfSignedCert = defineResource({
  inputs: selfSignedInputs,
  behaviour: fixed(Object.keys(selfSignedInputs.shape), flags),
  computed: [...life, "keyAlgorithm"],
  outdated: renewal,
  async create(given) {
    const signer = await signingKey(given.privateKeyPem);
    const subject = new x509.Name(nameOf(given.subject));
    const { publicKey } = signer.keys;
    const authorityKeyId = given.setAuthorityKeyId ? await keyIdOf(publicKey) : null;
    const { id, outputs } = await issue({ wish: given, subject, issuer: subject, publicKey, signer, authorityKeyId });
    return { id, outputs: { ...(given as JsonObject), ...outputs, keyAlgorithm: signer.algorithm } };
  },
  read: async (_id, stored) => refreshed(stored),
});

const requestInputs = z.object({ privateKeyPem: pem, subject: subjectSchema.optional(), ...names });

const certRequest = defineResource({
  inputs: requestInputs,
  behaviour: fixed(Object.keys(requestInputs.shape)),
  computed: ["certRequestPem", "keyAlgorithm"],
  async create(given) {
    const { keys, signing, algorithm } = await signingKey(given.privateKeyPem);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name: new x509.Name(nameOf(given.subject)).toJSON(), keys, signingAlgorithm: signing, extensions: alternativeNames(given),
    });
    return { id: sha1(request.rawData), outputs: { ...(given as JsonObject), certRequestPem: `${request.toString("pem")}\n`, keyAlgorithm: algorithm } };
  },
});

const signedInputs = z.object({
  certRequestPem: pem, caPrivateKeyPem: pem, caCertPem: pem, allowedUses: useSchema, ...validity, isCaCertificate: flag, setSubjectKeyId: flag, maxPathLength,
});

const locallySignedCert = defineResource({
  inputs: signedInputs,
  behaviour: fixed(Object.keys(signedInputs.shape), flags),
  computed: [...life, "caKeyAlgorithm"],
  outdated: renewal,
  async create(given) {
    const request = new x509.Pkcs10CertificateRequest(given.certRequestPem);
    if (!(await request.verify())) throw new Error("certRequestPem is not signed by the key that it names");
    const ca = new x509.X509Certificate(given.caCertPem);
    const signer = await signingKey(given.caPrivateKeyPem);
    const asked = request.extensions.find((extension) => extension instanceof x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
    const named = (type: string): string[] => asked.filter((name) => name.type === type).map((name) => String(name.value));
    const { id, outputs } = await issue({
      wish: { ...given, dnsNames: named("dns"), ipAddresses: named("ip"), uris: named("url") },
      subject: request.subjectName,
      issuer: ca.subjectName,
      publicKey: await request.publicKey.export(),
      signer,
      authorityKeyId: ca.extensions.find((extension) => extension instanceof x509.SubjectKeyIdentifierExtension)?.keyId ?? null,
    });
    return { id, outputs: { ...(given as JsonObject), ...outputs, caKeyAlgorithm: signer.algorithm } };
  },
  read: async (_id, stored) => refreshed(stored),
});

export function tls(): Plugin {
  return {
    name: "tls",
    version: "5.6.1",
    secretSettings: [],
    configure: async () => undefined,
    resources: {
      "tls:index/certRequest:CertRequest": certRequest,
      "tls:index/locallySignedCert:LocallySignedCert": locallySignedCert,
      "tls:index/privateKey:PrivateKey": privateKey,
      "tls:index/selfSignedCert:SelfSignedCert": selfSignedCert,
    },
    functions: {},
  };
}
