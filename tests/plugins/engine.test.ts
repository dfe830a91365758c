import { type Account, startAccount } from "./support/account.ts";
import { type ObjectStore, startObjectStore } from "./support/objectStore.ts";
import { createProject, hasPulumi, type Project } from "./support/pulumi.ts";

const program = (userData: string): string => `
import { Droplet, Firewall, ReservedIp, SpacesBucket, SpacesBucketObject, SpacesKey, SshKey, Tag, Vpc } from "@pulumi/digitalocean";
import { RandomId, RandomPassword } from "@pulumi/random";
import { PrivateKey } from "@pulumi/tls";
import { local } from "@pulumi/command";

const region = "fra1";
const suffix = new RandomId("suffix", { byteLength: 4 });
const password = new RandomPassword("password", { length: 24 });
const login = new PrivateKey("login", { algorithm: "ED25519" });
const key = new SshKey("login", { name: "shop", publicKey: login.publicKeyOpenssh.apply((line) => line.trim()) });
const vpc = new Vpc("shop", { name: "shop", region, ipRange: "10.10.0.0/20" });
const tag = new Tag("shop-app", { name: "shop-app" });
const firewall = new Firewall("app", {
  name: "shop-app", tags: [tag.name],
  inboundRules: [{ protocol: "tcp", portRange: "22", sourceAddresses: ["198.18.0.1/32"], sourceTags: [] }, { protocol: "icmp", sourceTags: [tag.name] }],
  outboundRules: [{ protocol: "udp", portRange: "1-65535", destinationAddresses: ["0.0.0.0/0", "::/0"] }],
});
const address = new ReservedIp("address", { region });
const bucket = new SpacesBucket("files", { name: suffix.hex.apply((hex) => "shop-" + hex), region });
const object = new SpacesBucketObject("object", { bucket: bucket.name, region, key: "a/b.json", content: "{}", contentType: "application/json" });
const file = new SpacesBucketObject("file", { bucket: bucket.name, region, key: "program.ts", source: "index.ts", contentType: "application/octet-stream" });
const read = new SpacesKey("read", { name: "read", grants: [{ bucket: bucket.name, permission: "read" }] });
const droplet = new Droplet("app-1", {
  name: "app-1", image: "debian-13-x64", size: "s-1vcpu-1gb", region, vpcUuid: vpc.id, publicNetworking: false, tags: [tag.name], sshKeys: [key.fingerprint],
  userData: "${userData}", dropletAgent: false, monitoring: false,
}, { dependsOn: firewall });
const said = new local.Command("said", { create: "echo first; echo $WORD; echo last", environment: { WORD: password.result }, triggers: [droplet.id] });

export const hex = suffix.hex;
export const privateAddress = droplet.ipv4AddressPrivate;
export const secretKey = read.secretKey;
export const stdout = said.stdout;
`;

(hasPulumi() ? describe : describe.skip)("the real Pulumi engine (wants `make tools`)", () => {
  let account: Account;
  let store: ObjectStore;
  let project: Project;

  beforeAll(async () => {
    account = await startAccount((name) => !name.startsWith("broken"));
    store = await startObjectStore("fra1");
    project = await createProject({
      DIGITALOCEAN_API_URL: account.endpoint, DIGITALOCEAN_TOKEN: account.token,
      SPACES_ENDPOINT_URL: store.endpoint, SPACES_ACCESS_KEY_ID: "DO00TESTKEY", SPACES_SECRET_ACCESS_KEY: "test-secret",
    });
    await project.run("stack", "init", "tried");
  }, 60_000);

  afterAll(async () => {
    await project.remove();
    await account.close();
    await store.close();
  });

  it("raises a stack, finds nothing to do the second time, replaces what must be replaced, and leaves nothing behind", async () => {
    await project.write("index.ts", program("#cloud-config"));
    const up = await project.run("up", "--yes", "--skip-preview");
    expect(up).toMatchObject({ code: 0, output: expect.stringContaining("15 created") });
    expect(up.output).toMatch(/first[\s\S]*\[secret\][\s\S]*last/);
    expect(account.contents()).toHaveLength(7);

    const outputs = JSON.parse((await project.run("stack", "output", "--json", "--show-secrets")).output) as Record<string, string>;
    expect(outputs).toMatchObject({ hex: expect.stringMatching(/^[0-9a-f]{8}$/), privateAddress: expect.stringMatching(/^10\.10\.\d+\.\d+$/) });
    expect(outputs["secretKey"]).not.toBe("");
    const state = (await project.run("stack", "export")).output;
    for (const secret of [outputs["secretKey"] ?? "", (outputs["stdout"] ?? "").split("\n")[1] ?? "", "BEGIN OPENSSH PRIVATE KEY"]) {
      expect(state).not.toContain(secret);
      expect(up.output).not.toContain(secret);
    }

    const before = account.requests.length;
    expect(await project.run("up", "--yes", "--expect-no-changes")).toMatchObject({ code: 0 });
    expect(account.requests.slice(before)).toEqual([]);
    expect(await project.run("refresh", "--yes", "--expect-no-changes")).toMatchObject({ code: 0 });

    await project.write("index.ts", program("#cloud-config\\n# changed"));
    const replaced = await project.run("up", "--yes", "--skip-preview");
    expect(replaced).toMatchObject({ code: 0, output: expect.stringMatching(/\+-\s*2 replaced/) });

    expect(await project.run("destroy", "--yes", "--skip-preview")).toMatchObject({ code: 0 });
    expect(account.contents()).toEqual([]);
    expect([...store.buckets.keys()]).toEqual([]);
  }, 180_000);

  it("keeps a droplet that never booted in the state, so that nothing is left in the cloud", async () => {
    await project.write("index.ts", `
      import { Droplet } from "@pulumi/digitalocean";
      new Droplet("broken", { name: "broken-1", image: "debian-13-x64", size: "s-1vcpu-1gb", region: "fra1" });
    `);
    const failed = await project.run("up", "--yes", "--skip-preview");
    expect(failed).toMatchObject({ output: expect.stringContaining("What it printed: localcloud console broken-1") });
    expect(failed.code).not.toBe(0);
    expect(account.contents()).toContain("droplet broken-1");
    expect(await project.run("destroy", "--yes", "--skip-preview")).toMatchObject({ code: 0 });
    expect(account.contents()).not.toContain("droplet broken-1");
  }, 120_000);
});
