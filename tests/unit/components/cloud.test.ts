/** The seam's words that the site does not use yet: both clouds must understand them alike. */
import * as pulumi from "@pulumi/pulumi";
import { type Cloud } from "../../../components/cloud/cloud.ts";
import { chooseCloud } from "../../../components/cloud/choose.ts";
import { tierSubnet } from "../../../components/cloud/linode.ts";
import { firewallRules } from "../../../components/firewallRules.ts";
import { type Registered, record, valueOf } from "./raise.ts";

const regions = { digitalocean: { region: "fra1", image: "debian-13-x64" }, linode: { region: "de-fra-2", image: "linode/debian13" } } as const;

async function on(name: "digitalocean" | "linode", use: (cloud: Cloud, parent: pulumi.Resource) => Promise<void> | void): Promise<Registered[]> {
  const resources = await record("test", false);
  const cloud = await chooseCloud(name, { siteName: "quickcart-test", ...regions[name] });
  await use(cloud, new pulumi.ComponentResource("test:index:Parent", "parent"));
  await pulumi.runtime.disconnect();
  return resources;
}

function server(cloud: Cloud, parent: pulumi.Resource) {
  const network = cloud.network("network", { cidr: "10.10.0.0/20" }, { parent });
  return network.tier("db", firewallRules("db", []), { parent }).server("db-1", {
    size: "s-1vcpu-1gb", publicInterface: false, userData: pulumi.output("#cloud-config\n"), replacement: "oldFirst", shutsDownFirst: true,
    loginKey: cloud.loginKey("login", pulumi.output("ssh-ed25519 AAAA"), { parent }),
  }, { parent });
}

const typeAndInputs = (resources: Registered[], type: string) => resources.filter((one) => one.type.endsWith(`:${type}`)).map(({ inputs }) => inputs);

describe("a floating address belongs to nobody until its holder claims it", () => {
  test("on DigitalOcean", async () => {
    const resources = await on("digitalocean", async (cloud, parent) => {
      expect(await valueOf(cloud.floatingAddress("site", { parent }))).toBe("198.19.0.1");
    });
    expect(typeAndInputs(resources, "ReservedIp")).toEqual([{ region: "fra1" }]);
  });

  test("on Linode", async () => {
    const resources = await on("linode", async (cloud, parent) => {
      expect(await valueOf(cloud.floatingAddress("site", { parent }))).toBe("198.19.0.2");
    });
    expect(typeAndInputs(resources, "NetworkingIp")).toEqual([{ type: "ipv4", public: true, reserved: true, region: "de-fra-2" }]);
  });
});

describe("a volume outlives the machine it is attached to", () => {
  test("on DigitalOcean by an attachment of its own, which lets go before another takes hold", async () => {
    const resources = await on("digitalocean", (cloud, parent) => {
      server(cloud, parent).volume("db-1-data", { sizeGiB: 500 }, { parent });
    });
    expect(typeAndInputs(resources, "Volume")).toEqual([expect.objectContaining({ name: "quickcart-test-db-1-data", size: 500, region: "fra1" })]);
    expect(typeAndInputs(resources, "VolumeAttachment")).toEqual([{ dropletId: 1001, volumeId: expect.any(String) }]);
    expect(resources.find((one) => one.type.endsWith(":VolumeAttachment"))?.deleteBeforeReplace).toBe(true);
  });

  test("on Linode by the volume itself", async () => {
    const resources = await on("linode", (cloud, parent) => {
      server(cloud, parent).volume("db-1-data", { sizeGiB: 500 }, { parent });
    });
    expect(typeAndInputs(resources, "Volume")).toEqual([expect.objectContaining({ label: "quickcart-test-db-1-data", size: 500, linodeId: 2001 })]);
  });
});

describe.each(["digitalocean", "linode"] as const)("on %s", (name) => {
  const bucketType = { digitalocean: "SpacesBucket", linode: "ObjectStorageBucket" }[name];

  test.each([true, false])("a bucket keeps versions only where it is asked to: %s", async (versioning) => {
    const resources = await on(name, (cloud, parent) => {
      cloud.bucket("backups", { bucketName: pulumi.output("quickcart-test-backups"), versioning }, { parent });
    });
    expect(typeAndInputs(resources, bucketType).map((inputs) => JSON.stringify(inputs).includes('"versioning"'))).toEqual([versioning]);
  });

  test("a database's machine is private, and nobody from outside is in its firewall", async () => {
    const resources = await on(name, (cloud, parent) => {
      server(cloud, parent);
    });
    const [firewall] = typeAndInputs(resources, "Firewall");
    expect(JSON.stringify(firewall?.["inboundRules"] ?? firewall?.["inbounds"])).not.toContain("0.0.0.0/0");
  });
});

test("Linode has no NAT gateway, and says which setting to change", async () => {
  await on("linode", (cloud, parent) => {
    const network = cloud.network("network", { cidr: "10.10.0.0/20" }, { parent });
    expect(() => network.natGateway("egress", { parent })).toThrow("set quickcart:egress to bastions");
  });
});

test.each([
  ["10.10.0.0/20", "lb", "10.10.0.0/23"],
  ["10.10.0.0/20", "bastion", "10.10.10.0/23"],
  ["172.16.0.0/16", "app", "172.16.32.0/19"],
  ["192.168.7.0/24", "monitor", "192.168.7.128/27"],
] as const)("of %s the tier %s has %s", (cidr, tier, subnet) => {
  expect(tierSubnet(cidr, tier)).toBe(subnet);
});
