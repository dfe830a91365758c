import { accessMatrix, egress, tiers } from "../../../components/accessMatrix.ts";
import { formatPorts } from "../../../components/ports.ts";
import { machineOutputs } from "../../../components/outputs.ts";
import { yamlOf } from "../../templates/support/cloudConfig.ts";
import { type Raised, artifacts, hashes, plain, raise, valueOf } from "./raise.ts";

const clouds = {
  digitalocean: { config: { "quickcart:region": "fra1" }, server: "Droplet", object: "SpacesBucketObject", bucket: "SpacesBucket", key: "SpacesKey" },
  linode: {
    config: { "quickcart:cloud": "linode", "quickcart:region": "de-fra-2" },
    server: "Instance", object: "ObjectStorageObject", bucket: "ObjectStorageBucket", key: "ObjectStorageKey",
  },
} as const;

/** Machines that hold data, in the order of the topology document. */
const data = ["db-1", "db-2", "db-3", "redis-1", "redis-2", "redis-3", "redis-4", "redis-5", "redis-6"];

/** All machines without a public interface that are made once for a stack, in the order of the topology document. */
const inside = [...data, "monitor-1"];

const fleet = { "quickcart:app": '{"count":3,"port":4000}' };

function userDataOf({ the }: Raised, server: "Droplet" | "Instance", name: string): string {
  const inputs = plain(the(server, name).inputs) as { userData?: string; metadatas?: { userData: string }[] };
  const text = inputs.userData ?? Buffer.from(inputs.metadatas?.[0]?.userData ?? "", "base64").toString("utf8");
  return text.startsWith("MIME-Version: ") ? yamlOf(text) : text;
}

function content({ the }: Raised, object: string, name: string): unknown {
  return JSON.parse(String(plain(the(object, name).inputs["content"])));
}

/** In what the mocks make up, and in the token that `raise` gives. */
const secretMark = /SECRET-|OPENSSH-|PEM-|PKCS8\/|TOKEN-|RANDOMcertificates/;

interface ListedMachine {
  name: string;
  privateAddress: string;
  publicAddress: string | null;
}

function topology(raised: Raised, object: string): ListedMachine[] {
  return (content(raised, object, "topology") as { machines: ListedMachine[] }).machines;
}

describe.each(["digitalocean", "linode"] as const)("the site on %s", (name) => {
  const { config, server, object, bucket, key } = clouds[name];
  let raised: Raised;
  beforeAll(async () => {
    raised = await raise({ ...config, ...fleet });
  });

  test("has every tier's machines, by stable names", () => {
    expect(raised.all(server).map((machine) => machine.name).sort()).toEqual(["app-1", "app-2", "app-3", "bastion-1", "bastion-2", "lb-1", "lb-2", ...inside].sort());
  });

  test("grows and shrinks at its end only: nobody is renamed", async () => {
    const larger = await raise({ ...config, "quickcart:app": '{"count":5,"port":4000}' });
    const names = (site: Raised) => site.resources.map((one) => `${one.type} ${one.name}`);
    expect(names(larger)).toEqual(expect.arrayContaining(names(raised)));
    const added = larger.resources.filter((one) => !names(raised).includes(`${one.type} ${one.name}`)).map((one) => one.name);
    expect(new Set(added)).toEqual(new Set(["app-4", "app-5", "app-4-ready", "app-5-ready"]));
  });

  test("every resource belongs to a component, and only the site has no parent", () => {
    expect(raised.resources.filter((one) => one.parent === "").map((one) => one.name)).toEqual(["quickcart"]);
  });

  test("private keys and what holds the storage key are secrets wherever they go", () => {
    const hidden = raised.resources.filter((one) => secretMark.test(JSON.stringify(decoded(one.inputs))));
    expect(hidden.length).toBeGreaterThan(5);
    for (const one of hidden) {
      for (const [input, value] of Object.entries(one.inputs)) {
        if (secretMark.test(JSON.stringify(decoded(value)))) expect([one.name, one.secrets]).toEqual([one.name, expect.arrayContaining([input])]);
      }
    }
    expect(raised.the(key, "storage-machines").additionalSecretOutputs).toContain("secretKey");
  });

  test("user-data holds no machine's address, but the bucket's key and what to fetch with it", () => {
    const addresses = topology(raised, object).flatMap(({ privateAddress, publicAddress }) => [privateAddress, publicAddress ?? privateAddress]);
    expect(addresses).toHaveLength(2 * 15);
    for (const machine of raised.all(server)) {
      const text = userDataOf(raised, server, machine.name);
      expect(text).toContain("SECRET-storage-machines");
      expect(text).toContain(artifacts.runtime.key);
      for (const address of addresses) expect(text).not.toContain(address);
    }
  });

  test("an app server's user-data is the same whatever the fleet", async () => {
    const larger = await raise({ ...config, "quickcart:app": '{"count":5,"port":4000}' });
    expect(userDataOf(larger, server, "app-2")).toBe(userDataOf(raised, server, "app-2"));
  });

  test("the topology document lists every machine but the load balancers, with its addresses", () => {
    expect(raised.the(object, "topology").inputs["key"]).toBe("topology/base.json");
    expect(content(raised, object, "topology")).toMatchObject({ version: 1, stack: "test" });
    expect(topology(raised, object).map((machine) => machine.name)).toEqual(["bastion-1", "bastion-2", ...inside, "app-1", "app-2", "app-3"]);
    for (const machine of topology(raised, object)) {
      expect([machine.name, machine.publicAddress !== null]).toEqual([machine.name, machine.name.startsWith("bastion")]);
    }
  });

  test("the release document names the bundle, which is there first", () => {
    expect(content(raised, object, "release")).toEqual({ version: 1, app: hashes.app });
    expect(raised.the(object, "release-canary").dependsOn).toContain("release-app-444444444444");
    expect(raised.the(object, "release-app-444444444444").inputs["key"]).toBe(`app/${hashes.app}.tar.zst`);
  });

  test("artifacts are named relative to the project, so that another clone sees no difference", () => {
    for (const upload of raised.all(object)) expect(String(upload.inputs["source"] ?? "")).not.toMatch(/^\//);
  });

  test("the bucket is private and its name unique", () => {
    expect(raised.the(bucket, "storage").inputs).toMatchObject({ acl: "private" });
    expect(Object.values(raised.the(bucket, "storage").inputs)).toContain("quickcart-test-c0ffee00");
  });

  test("machines wait for nobody, but the second bastion for the first", () => {
    const waits = (machine: string) => raised.the(server, machine).dependsOn.filter((other) => /ready|topology|release/.test(other));
    expect(["bastion-1", "app-1", "app-2", "app-3", ...inside].flatMap(waits)).toEqual([]);
    expect(waits("bastion-2")).toEqual(["bastion-1-ready"]);
  });

  test("an app server is asked whether it is ready once all is there that it needs", () => {
    expect(raised.the("Command", "app-2-ready").dependsOn).toEqual(expect.arrayContaining([
      "topology", "release", "bastion-1-ready",
    ]));
    expect(raised.the("Command", "bastion-1-ready").dependsOn).toEqual(expect.arrayContaining([
      "storage-runtime-111111111111", "storage-agent-topology-222222222222", "storage-agent-release-333333333333",
    ]));
  });

  test("a gate logs in as root with the stack's key: on bastions directly, else through the first", () => {
    const connection = (gate: string) => plain(raised.the("Command", gate).inputs["connection"]) as Record<string, unknown>;
    const login = { user: "root", privateKey: "OPENSSH-certificates-login" };
    expect(connection("bastion-2-ready")).toMatchObject({ ...login, host: expect.stringMatching(/^198\.18\./) });
    expect(connection("bastion-2-ready")).not.toHaveProperty("proxy");
    const [first] = topology(raised, object);
    expect(connection("app-1-ready")).toMatchObject({ ...login, host: expect.stringMatching(/^10\.10\./), proxy: { ...login, host: first?.publicAddress } });
    for (const side of [connection("app-1-ready"), connection("app-1-ready")["proxy"] as Record<string, unknown>]) {
      expect(side["dialErrorLimit"]).toBeGreaterThan(0);
      expect(side["perDialTimeout"]).toBeGreaterThan(0);
    }
  });

  test("a gate asks again when the machine is another one, and names it when it fails", async () => {
    const gate = raised.the("Command", "app-3-ready");
    const machine = raised.quickcart.machines.find((one) => one.name === "app-3");
    expect(gate.inputs["triggers"]).toEqual(expect.arrayContaining([machine === undefined ? "" : await valueOf(machine.server.id)]));
    expect(gate.inputs["create"]).toContain("app-3 (app) did not become ready");
  });

  test("machines that hold data stay what they are, and only they; unless the stack says otherwise, nothing deletes them", async () => {
    const kept = (site: Raised) => site.all(server).filter(({ protect }) => protect).map((machine) => machine.name).sort();
    expect(kept(raised)).toEqual(data);
    for (const machine of raised.all(server)) {
      const ignored = { digitalocean: ["userData", "image", "sshKeys"], linode: ["metadatas", "image", "authorizedKeys"] }[name];
      expect([machine.name, machine.ignoreChanges]).toEqual([machine.name, data.includes(machine.name) ? ignored : []]);
    }
    expect(kept(await raise({ ...config, ...fleet, "quickcart:protect": "false" }))).toEqual([]);
  });

  test("a database machine is handed what it would be made with today, once it is ready and what it fetches is there", async () => {
    const change = raised.the("Command", "db-2-change");
    expect(change.dependsOn).toEqual(expect.arrayContaining(["db-2-ready", "db-2-setup"]));
    expect(plain(change.inputs["stdin"])).toContain("put 0600 /etc/quickcart/db/patroni.yml <<");
    expect(change.secrets).toContain("stdin");
    const other = await raise({ ...config, ...fleet, "quickcart:database": '{"maxConnections":99}' });
    expect(other.the("Command", "db-2-change").inputs["stdin"]).not.toEqual(change.inputs["stdin"]);
    expect(raised.the(object, "db-2-setup").inputs["key"]).toMatch(/^setup\/db-2-[0-9a-f]{64}\.sh$/);
  });

  test("app servers are asked once the database is ready", () => {
    expect(raised.the("Command", "app-1-ready").dependsOn).toEqual(expect.arrayContaining(["db-1-ready", "db-2-change", "db-3-change"]));
  });

  test("the monitor machine reads backups and nothing more, and the site does not wait for it", () => {
    const text = userDataOf(raised, server, "monitor-1");
    expect(text).toContain("SECRET-backups-proof");
    expect(text).not.toContain("SECRET-backups-database");
    expect(raised.the("Command", "monitor-1-ready").dependsOn).toEqual(expect.arrayContaining(["topology", "bastion-1-ready", "backups-owner"]));
    expect(raised.resources.filter(({ dependsOn }) => dependsOn.includes("monitor-1-ready"))).toEqual([]);
  });

  test("only the monitor machine is another one for another size: it is chosen for its disk", () => {
    const replaced = raised.all(server).flatMap(({ name: machine, replaceOnChanges }) => replaceOnChanges.map((key) => [machine, key]));
    expect(replaced).toEqual([["monitor-1", { digitalocean: "size", linode: "type" }[name]]]);
  });

  test("its outputs say where everything is", () => {
    const outputs = machineOutputs(raised.quickcart);
    expect(Object.keys(outputs)).toEqual(["bastion-1", "bastion-2", "lb-1", "lb-2", "app-1", "app-2", "app-3", ...inside]);
    expect(outputs["app-1"]?.tier).toBe("app");
  });

  test("a first preview, which knows no address, names the same resources", async () => {
    const preview = await raise({ ...config, ...fleet }, { preview: true });
    expect(preview.resources.map((one) => one.name).sort()).toEqual(raised.resources.map((one) => one.name).sort());
    expect(userDataOf(preview, server, "app-1")).not.toContain("#cloud-config");
  });
});

function each<T>(names: readonly string[], value: T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

/** User-data is compressed, and Linode's is base64 around it; secrets must not hide behind either. */
function decoded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(plain(value) ?? null, (_key, inner: unknown) => {
    if (typeof inner !== "string") return inner;
    const text = /^[A-Za-z0-9+/]{200,}={0,2}$/.test(inner) ? Buffer.from(inner, "base64").toString("utf8") : inner;
    return text.startsWith("MIME-Version: ") ? yamlOf(text) : text;
  }));
}

describe("on DigitalOcean", () => {
  let raised: Raised;
  beforeAll(async () => {
    raised = await raise({ ...clouds.digitalocean.config, ...fleet });
  });

  test("only bastions and load balancers have a public interface, and every droplet says so itself", () => {
    const outside = raised.all("Droplet").map(({ name, inputs }) => [name, inputs["publicNetworking"]]);
    expect(Object.fromEntries(outside)).toEqual({ "bastion-1": true, "bastion-2": true, "lb-1": true, "lb-2": true, "app-1": false, "app-2": false, "app-3": false, ...each(inside, false) });
  });

  test("a droplet joins its tier by tag, in the private network, after the tier's firewall", () => {
    expect(raised.the("Droplet", "app-1").inputs).toMatchObject({ tags: ["quickcart-test-app"], name: "app-1", region: "fra1", sshKeys: ["aa:bb"] });
    expect(raised.the("Droplet", "app-1").inputs["vpcUuid"]).toBeDefined();
    expect(raised.the("Droplet", "app-1").dependsOn).toContain("app-firewall");
    expect(raised.the("Droplet", "bastion-2").dependsOn).toContain("bastion-firewall");
  });

  test("app servers are replaced by new ones beside them, all others make way first", () => {
    expect(Object.fromEntries(raised.all("Droplet").map(({ name, deleteBeforeReplace }) => [name, deleteBeforeReplace]))).toEqual({
      ...each(["app-1", "app-2", "app-3"], false), ...each(["bastion-1", "bastion-2", "lb-1", "lb-2", ...inside], true),
    });
  });

  test("app servers finish their requests before they go, and load balancers give the address away", () => {
    for (const name of ["app-1", "lb-1", "lb-2"]) expect(raised.the("Droplet", name).inputs["gracefulShutdown"]).toBe(true);
    expect(raised.the("Droplet", "bastion-1").inputs["gracefulShutdown"]).toBe(false);
  });

  test("the login key is the line without its end, as the API gives it back", () => {
    expect(raised.the("SshKey", "certificates-login").inputs["publicKey"]).toBe("ssh-ed25519 AAAA");
  });

  test("firewalls say what the matrix says, with tags that exist before them", () => {
    expect(raised.all("Tag").map((tag) => tag.inputs["name"])).toEqual(tiers.map((tier) => `quickcart-test-${tier}`));
    for (const tier of ["app", "bastion", "lb"] as const) {
      const firewall = raised.the("Firewall", `${tier}-firewall`);
      const { inboundRules, outboundRules, tags } = firewall.inputs as Record<string, Record<string, unknown>[]>;
      expect(tags).toEqual([`quickcart-test-${tier}`]);
      for (const row of accessMatrix) {
        const line = { protocol: row.protocol, portRange: formatPorts(row.ports) };
        for (const from of row.from) {
          if (row.to.includes(tier)) {
            const range = { admin: "203.0.113.7/32", anywhere: "0.0.0.0/0" }[from as string];
            const source = range === undefined ? { sourceTags: expect.arrayContaining([`quickcart-test-${from}`]) } : { sourceAddresses: expect.arrayContaining([range]) };
            expect(inboundRules).toContainEqual(expect.objectContaining({ ...line, ...source }));
          }
          if (from === tier) expect(outboundRules).toContainEqual(expect.objectContaining({ ...line, destinationTags: expect.arrayContaining(row.to.map((to) => `quickcart-test-${to}`)) }));
        }
      }
      for (const row of egress) {
        expect(outboundRules).toContainEqual(expect.objectContaining({ protocol: row.protocol, portRange: formatPorts(row.ports), destinationAddresses: ["0.0.0.0/0"] }));
      }
      const open = (inboundRules ?? []).filter((rule) => JSON.stringify(rule).includes("0.0.0.0/0")).map((rule) => rule["portRange"]);
      expect(open).toEqual(tier === "lb" ? ["80", "443"] : []);
      const named = tiers.filter((one) => JSON.stringify(firewall.inputs).includes(`"quickcart-test-${one}"`));
      expect(firewall.dependsOn).toEqual(expect.arrayContaining(named.map((one) => `network-${one}`)));
    }
  });

  test("machines' key reads one bucket", () => {
    expect(raised.the("SpacesKey", "storage-machines").inputs["grants"]).toEqual([{ bucket: "quickcart-test-c0ffee00", permission: "read" }]);
  });

  test("egress by the cloud's gateway needs no more than one setting", async () => {
    expect(raised.all("VpcNatGateway")).toEqual([]);
    const other = await raise({ ...clouds.digitalocean.config, "quickcart:egress": "natGateway" });
    expect(other.the("VpcNatGateway", "network-egress").inputs).toMatchObject({ type: "PUBLIC", vpcs: [{ defaultGateway: true }] });
    expect(userDataOf(other, "Droplet", "app-1")).not.toBe(userDataOf(raised, "Droplet", "app-1"));
  });
});

describe("on Linode", () => {
  let raised: Raised;
  beforeAll(async () => {
    raised = await raise({ ...clouds.linode.config, ...fleet });
  });

  test("only bastions and load balancers have a public interface", () => {
    const purposes = raised.all("Instance").map(({ name, inputs }) => [name, (inputs["interfaces"] as { purpose: string }[]).map(({ purpose }) => purpose)]);
    expect(Object.fromEntries(purposes)).toEqual({
      "bastion-1": ["public", "vpc"], "bastion-2": ["public", "vpc"], "lb-1": ["public", "vpc"], "lb-2": ["public", "vpc"], "app-1": ["vpc"], "app-2": ["vpc"], "app-3": ["vpc"], ...each(inside, ["vpc"]),
    });
  });

  test("every instance carries its tier's firewall from its first moment", () => {
    for (const machine of raised.all("Instance")) {
      expect(machine.dependsOn).toContain(`${machine.name.split("-")[0] ?? ""}-firewall`);
      expect(machine.inputs["firewallId"]).toEqual(expect.any(Number));
    }
  });

  test("a tier is its subnet, and firewalls, shut by default, say what the matrix says", () => {
    expect(raised.all("VpcSubnet").map(({ name, inputs }) => [name, inputs["ipv4"]]).sort()).toEqual([
      ["network-app", "10.10.2.0/23"], ["network-bastion", "10.10.10.0/23"], ["network-db", "10.10.4.0/23"], ["network-lb", "10.10.0.0/23"], ["network-monitor", "10.10.8.0/23"], ["network-redis", "10.10.6.0/23"],
    ]);
    expect(raised.the("Firewall", "app-firewall").inputs).toMatchObject({ inboundPolicy: "DROP", outboundPolicy: "DROP" });
    expect(raised.the("Firewall", "app-firewall").inputs["inbounds"]).toMatchSnapshot();
    expect(raised.the("Firewall", "bastion-firewall").inputs["inbounds"]).toMatchSnapshot();
    expect(raised.the("Firewall", "lb-firewall").inputs["inbounds"]).toMatchSnapshot();
  });

  test("user-data is base64, which has to fit as well", () => {
    const [metadata] = plain(raised.the("Instance", "app-1").inputs["metadatas"]) as [{ userData: string }];
    expect(yamlOf(Buffer.from(metadata.userData, "base64").toString("utf8"))).toMatch(/^#cloud-config\n/);
    expect(metadata.userData.length).toBeLessThanOrEqual(65_535);
  });

  test("the writing key stays with the program: machines get the one that reads", () => {
    const access = (name: string) => (raised.the("ObjectStorageKey", name).inputs["bucketAccesses"] as { permissions: string }[])[0]?.permissions;
    expect([access("storage-machines"), access("storage-writer")]).toEqual(["read_only", "read_write"]);
    expect(userDataOf(raised, "Instance", "app-1")).not.toContain("SECRET-storage-writer");
  });

  test("labels, which are unique there, hold the site's name, and an instance makes way for its successor", () => {
    for (const machine of raised.all("Instance")) {
      expect(machine.inputs["label"]).toBe(`quickcart-test-${machine.name}`);
      expect(machine.deleteBeforeReplace).toBe(true);
    }
  });
});
