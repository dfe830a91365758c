// DigitalOcean's own client for TypeScript, as its users write it, through a whole life cycle. It is published as ES modules only, which
// Jest cannot load, so it runs in a process of its own and prints what it was told as one line of JSON. (1.19.0 needs the pinned
// kiota-serialization-json: a later one refuses lists whose element type the client does not name, and it names none.)
import { createDigitalOceanClient, DigitalOceanApiKeyAuthenticationProvider } from "@digitalocean/dots";
import { FetchRequestAdapter } from "@microsoft/kiota-http-fetchlibrary";

const adapter = new FetchRequestAdapter(new DigitalOceanApiKeyAuthenticationProvider(process.env.DIGITALOCEAN_TOKEN));
adapter.baseUrl = process.env.DIGITALOCEAN_URL;
const { v2 } = createDigitalOceanClient(adapter);
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8mWm3b1pWn3zv2QnXoGQ3zLq2cY9gQm1k2tFvR8s7x ops@example.com";

async function until(read, isDone) {
  for (let round = 0; round < 500; round++) {
    const value = await read();
    if (isDone(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("It did not come to its end within 500 polls.");
}

const seen = {};
seen.dropletLimit = (await v2.account.get()).account.dropletLimit;
seen.image = (await v2.images.byImage_id("debian-13-x64").get()).image.distribution;
seen.sizes = (await v2.sizes.get({ queryParameters: { perPage: 200 } })).sizes.length;

const key = (await v2.account.keys.post({ name: "ops", publicKey })).sshKey;
seen.key = (await v2.account.keys.bySsh_key_identifier(key.id).get()).sshKey.publicKey === publicKey;
const vpc = (await v2.vpcs.post({ name: "shop", region: "fra1", ipRange: "10.10.0.0/20" })).vpc;
seen.vpc = (await v2.vpcs.byVpc_id(vpc.id).get()).vpc.ipRange;
await v2.tags.post({ name: "lb" });
const firewall = (await v2.firewalls.post({
  name: "lb",
  tags: ["lb"],
  inboundRules: [{ protocol: "tcp", ports: "443", sources: { addresses: ["0.0.0.0/0"] } }],
  outboundRules: [{ protocol: "icmp", ports: "0", destinations: { addresses: ["0.0.0.0/0"] } }],
})).firewall;
seen.firewall = (await v2.firewalls.byFirewall_id(firewall.id).get()).firewall.inboundRules.map((rule) => rule.ports);

const { droplet } = await v2.droplets.post({
  name: "lb-1", region: "fra1", size: "c-2", image: "debian-13-x64", sshKeys: [key.id], tags: ["lb"], vpcUuid: vpc.id, userData: "#cloud-config\n",
});
seen.first = droplet.status;
const up = await until(async () => (await v2.droplets.byDroplet_id(droplet.id).get()).droplet, (each) => each.status === "active");
seen.networks = up.networks.v4.map((network) => `${network.type} ${network.ipAddress}`);
seen.guarded = (await v2.droplets.byDroplet_id(droplet.id).firewalls.get()).firewalls.map((each) => each.name);
seen.tagged = (await v2.droplets.get({ queryParameters: { tagName: "lb" } })).meta.total;

const { reservedIp } = await v2.reserved_ips.post({ region: "fra1" });
const move = (await v2.reserved_ips.byReserved_ip(reservedIp.ip).actions.post({ type: "assign", dropletId: droplet.id })).action;
seen.move = (await until(async () => (await v2.actions.byAction_id(move.id).get()).action, (each) => each.status !== "in-progress")).status;
seen.holder = (await v2.reserved_ips.byReserved_ip(reservedIp.ip).get()).reservedIp.droplet.name;
const off = (await v2.droplets.byDroplet_id(droplet.id).actions.post({ type: "power_off" })).action;
seen.off = (await until(async () => (await v2.droplets.byDroplet_id(droplet.id).actions.byAction_id(off.id).get()).action, (each) => each.status !== "in-progress")).status;

const spacesKey = (await v2.spaces.keys.post({ name: "backup", grants: [{ bucket: "shop", permission: "readwrite" }] })).key;
seen.secret = spacesKey.secretKey.length > 30;

await v2.droplets.byDroplet_id(droplet.id).delete();
seen.gone = await v2.droplets.byDroplet_id(droplet.id).get().then(() => 200, (error) => error.responseStatusCode);
await v2.reserved_ips.byReserved_ip(reservedIp.ip).delete();
await v2.firewalls.byFirewall_id(firewall.id).delete();
await v2.tags.byTag_id("lb").delete();
await v2.account.keys.bySsh_key_identifier(key.id).delete();
await v2.spaces.keys.byAccess_key(spacesKey.accessKey).delete();
await until(() => v2.vpcs.byVpc_id(vpc.id).delete().then(() => true, () => false), Boolean);
seen.left = [
  (await v2.droplets.get()).meta.total, (await v2.vpcs.get()).meta.total, (await v2.firewalls.get()).meta.total, (await v2.tags.get()).meta.total,
  (await v2.reserved_ips.get()).meta.total,
];
console.log(JSON.stringify(seen));
