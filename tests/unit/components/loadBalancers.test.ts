import { createHash } from "node:crypto";
import { isSecret } from "@pulumi/pulumi";
import { yamlOf } from "../../templates/support/cloudConfig.ts";
import { type Issued, Authority } from "./authority.ts";
import { type Raised, plain, raise, valueOf } from "./raise.ts";

const clouds = {
  digitalocean: { config: { "quickcart:region": "fra1" }, server: "Droplet", object: "SpacesBucketObject", address: "ReservedIp" },
  linode: { config: { "quickcart:cloud": "linode", "quickcart:region": "de-fra-2" }, server: "Instance", object: "ObjectStorageObject", address: "NetworkingIp" },
} as const;

const fleet = { "quickcart:app": '{"count":3,"port":4000}' };

/** Names of everything that must be there before this one, however far back. */
function waitsFor({ resources }: Raised, name: string, seen = new Set<string>()): Set<string> {
  for (const one of resources.filter((resource) => resource.name === name)) {
    for (const before of [...one.dependsOn, ...one.madeOf].filter((other) => other !== name && !seen.has(other))) {
      seen.add(before);
      waitsFor({ resources } as Raised, before, seen);
    }
  }
  return seen;
}

describe.each(["digitalocean", "linode"] as const)("load balancers on %s", (name) => {
  const { config, server, object, address } = clouds[name];
  let raised: Raised;
  beforeAll(async () => {
    raised = await raise({ ...config, ...fleet });
  });

  test("the second one is touched only when the first one serves: never both at once", () => {
    expect(raised.the(server, "lb-1").deleteBeforeReplace && raised.the(server, "lb-2").deleteBeforeReplace).toBe(true);
    expect(waitsFor(raised, "lb-2")).toContain("lb-1-ready");
    // Otherwise the first one's deletion would delete the second one with it, before the first is made anew.
    expect(raised.the(server, "lb-2").madeOf.filter((other) => /^lb-1/.test(other))).toEqual([]);
  });

  test("a load balancer is asked whether it serves once every app server does, and once the other one can know where it is", () => {
    const before = [...waitsFor(raised, "lb-1-ready")];
    expect(before).toEqual(expect.arrayContaining(["lb-1", "lb-1-topology", "app-1-ready", "app-2-ready", "app-3-ready", "topology", "bastion-1-ready"]));
    expect(before.filter((other) => /^lb-2/.test(other))).toEqual([]);
    expect([...waitsFor(raised, "lb-2-ready")]).toEqual(expect.arrayContaining(["lb-2", "lb-2-topology", "app-3-ready"]));
  });

  test("neither the app servers nor what they learn waits for a load balancer", () => {
    for (const other of ["topology", "app-1", "app-1-ready", "release", "app-3-ready", "bastion-2"]) {
      expect([...waitsFor(raised, other)].filter((before) => /^lb-\d/.test(before))).toEqual([]);
    }
  });

  test("the first one's machine waits for nobody: it boots beside the app servers", () => {
    expect([...waitsFor(raised, "lb-1")].filter((before) => /-ready$|topology$/.test(before))).toEqual([]);
  });

  test("each has a topology document of its own, that names it alone", () => {
    for (const position of [1, 2]) {
      const document = raised.the(object, `lb-${String(position)}-topology`);
      expect(document.inputs["key"]).toBe(`topology/lb-${String(position)}.json`);
      expect(JSON.parse(String(plain(document.inputs["content"])))).toEqual({
        version: 1, stack: "test",
        machines: [{ name: `lb-${String(position)}`, id: expect.stringMatching(/^\d+$/), tier: "lb", privateAddress: expect.stringMatching(/^10\.10\./), publicAddress: expect.stringMatching(/^198\.18\./) }],
      });
    }
  });

  test("the floating address belongs to nobody but who claims it, and is the stack's output", async () => {
    expect(raised.all(address).map((one) => one.name)).toEqual(["lb-address"]);
    expect(Object.keys(raised.the(address, "lb-address").inputs)).not.toEqual(expect.arrayContaining(["dropletId"]));
    expect(raised.all("ReservedIpAssignment")).toEqual([]);
    expect(await valueOf(raised.quickcart.loadBalancers.floatingAddress)).toMatch(/^198\.19\./);
  });

  test("their user-data is a secret, for it holds the site's key", () => {
    for (const machine of ["lb-1", "lb-2"]) expect(raised.the(server, machine).secrets).toContain(name === "linode" ? "metadatas" : "userData");
  });

  test("they have the size of their setting", async () => {
    const size = name === "linode" ? "type" : "size";
    expect(raised.the(server, "lb-1").inputs[size]).toBe(name === "linode" ? "g6-dedicated-2" : "c-2");
    const other = await raise({ ...config, "quickcart:loadBalancers": '{"size":"c-4"}' });
    expect(["lb-1", "lb-2"].map((machine) => other.the(server, machine).inputs[size])).toEqual(["c-4", "c-4"]);
    // A machine is off while it is resized, and keeps its id: the second one has to wait for the first one's gate all the same.
    expect(other.the("Command", "lb-1-ready").inputs["triggers"]).not.toEqual(raised.the("Command", "lb-1-ready").inputs["triggers"]);
  });
});

describe("the site's certificate", () => {
  let authority: Authority;
  let site: Issued;
  beforeAll(() => {
    authority = new Authority();
    site = authority.site();
  });
  afterAll(() => { authority.close(); });

  test("is issued by the stack's own authority where none is given, and renewed a month before it ends", async () => {
    const raised = await raise({ ...clouds.digitalocean.config, ...fleet });
    const { inputs, secrets } = raised.the("LocallySignedCert", "certificates-site");
    expect(inputs).toMatchObject({ allowedUses: ["digital_signature", "server_auth"], earlyRenewalHours: 720, validityPeriodHours: 9552 });
    expect(secrets).toContain("caPrivateKeyPem");
    expect(raised.the("CertRequest", "certificates-site").inputs).toMatchObject({ dnsNames: ["www.example.com"], subject: { commonName: "www.example.com" } });
    expect(raised.the("PrivateKey", "certificates-site").inputs).toMatchObject({ algorithm: "ECDSA", ecdsaCurve: "P256" });
  });

  test("is the given one otherwise, whose key is a secret from the start, and nothing is issued", async () => {
    const raised = await raise({ ...clouds.digitalocean.config, "quickcart:certificate": site.certificate, "quickcart:certificateKey": site.key });
    expect(raised.resources.filter((one) => one.name === "certificates-site")).toEqual([]);
    const { chain, key } = raised.quickcart.certificates.site;
    expect([await valueOf(chain), await valueOf(key)]).toEqual([site.certificate, site.key]);
    expect(await isSecret(key)).toBe(true);
    for (const one of raised.resources) {
      for (const [input, value] of Object.entries(one.inputs)) {
        if (JSON.stringify(plain(value) ?? null).includes("PRIVATE KEY")) expect(one.secrets).toContain(input);
      }
    }
  });

  test("is fetched from the bucket by the hash of its content; only its key is in user-data", async () => {
    const raised = await raise({ ...clouds.digitalocean.config, "quickcart:certificate": site.certificate, "quickcart:certificateKey": site.key });
    const { inputs } = raised.the("SpacesBucketObject", "lb-certificate");
    expect(inputs).toMatchObject({ content: site.certificate, key: `tls/site-${createHash("sha256").update(site.certificate).digest("hex")}.pem` });
    const userData = yamlOf(String(plain(raised.the("Droplet", "lb-1").inputs["userData"])));
    expect(userData).toContain(`key=${String(inputs["key"])}`);
    expect(userData).not.toContain("BEGIN CERTIFICATE");
    expect(userData).toContain(site.key.split("\n")[1]);
    expect(waitsFor(raised, "lb-1-ready")).toContain("lb-certificate");
  });

  test("goes with a secret for session tickets that a role takes", async () => {
    const raised = await raise({ ...clouds.digitalocean.config });
    const { inputs, additionalSecretOutputs } = raised.the("RandomPassword", "certificates-tickets");
    expect(inputs).toMatchObject({ length: 64, special: false });
    expect(additionalSecretOutputs).toContain("result");
  });
});
