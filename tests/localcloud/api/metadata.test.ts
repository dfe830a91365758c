import { createServer, type Server } from "node:http";
import { createMetadata } from "../../../localcloud/api/metadata.ts";
import { lookUp, metadataDocument, metadataTree } from "../../../localcloud/api/metadataTree.ts";
import { aDroplet, aKey, listen, startApi, type Client } from "./support.ts";

let client: Client;
let id: number;
beforeEach(async () => {
  client = await startApi();
  await client.ask("POST", "/v2/account/keys", { name: "ops", public_key: aKey });
  await client.ask("POST", "/v2/vpcs", { name: "shop", region: "fra1", ip_range: "10.10.0.0/20" });
});
afterEach(() => client.close());

async function read(order: Record<string, unknown>): Promise<(path: string) => string | null> {
  const { state } = client.api.cloud;
  id = await aDroplet(client, { vpc_uuid: state.vpcs[0]?.id, ssh_keys: [state.keys[0]?.id], user_data: "#cloud-config\n", tags: ["app", "web"], ...order });
  return (path) => {
    const droplet = client.api.cloud.state.droplets.find((each) => each.id === id);
    if (droplet === undefined) throw new Error("no droplet");
    return lookUp(metadataTree(metadataDocument(client.api.cloud.state, droplet)), path);
  };
}

test("every leaf and every folder of a public droplet", async () => {
  const leaf = await read({});
  expect(Object.fromEntries([
"", "id", "hostname", "user-data", "vendor-data", "public-keys", "region", "tags", "tags/", "dns", "dns/nameservers", "interfaces", "interfaces/public",
"interfaces/public/0", "interfaces/public/0/type", "interfaces/public/0/mac", "interfaces/public/0/ipv4/address", "interfaces/public/0/ipv4/netmask",
"interfaces/public/0/ipv4/gateway", "interfaces/public/0/anchor_ipv4/address", "interfaces/public/0/anchor_ipv4/gateway",
"interfaces/private/0/type", "interfaces/private/0/mac", "interfaces/private/0/ipv4/address", "interfaces/private/0/ipv4/netmask",
"reserved_ip/ipv4/active", "floating_ip/ipv4/active", "features/dhcp_enabled"].
map((path) => [path, leaf(path)]))).toMatchInlineSnapshot(`
{
  "": "id
hostname
user-data
vendor-data
public-keys
region
interfaces/
dns/
floating_ip/
reserved_ip/
features/
tags/",
  "dns": "nameservers",
  "dns/nameservers": "198.18.0.2
198.18.0.3",
  "features/dhcp_enabled": "false",
  "floating_ip/ipv4/active": "false",
  "hostname": "app-1",
  "id": "400100000",
  "interfaces": "public/
private/",
  "interfaces/private/0/ipv4/address": "10.10.0.2",
  "interfaces/private/0/ipv4/netmask": "255.255.240.0",
  "interfaces/private/0/mac": "02:00:17:d9:0a:a0",
  "interfaces/private/0/type": "private",
  "interfaces/public": "0/",
  "interfaces/public/0": "type
mac
ipv4/
anchor_ipv4/",
  "interfaces/public/0/anchor_ipv4/address": "10.17.0.2",
  "interfaces/public/0/anchor_ipv4/gateway": "10.17.0.1",
  "interfaces/public/0/ipv4/address": "198.18.1.1",
  "interfaces/public/0/ipv4/gateway": "198.18.0.1",
  "interfaces/public/0/ipv4/netmask": "255.255.0.0",
  "interfaces/public/0/mac": "02:fe:17:d9:0a:a0",
  "interfaces/public/0/type": "public",
  "public-keys": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8mWm3b1pWn3zv2QnXoGQ3zLq2cY9gQm1k2tFvR8s7x ops@example.com",
  "region": "fra1",
  "reserved_ip/ipv4/active": "false",
  "tags": "app
web",
  "tags/": "app
web",
  "user-data": "#cloud-config
",
  "vendor-data": "",
}
`);
});

test.each(["nothing", "id/more", "interfaces/public/1", "__proto__", "constructor", "reserved_ip/ipv4/ip_address"])("%s is nothing", async (path) => {
  expect((await read({}))(path)).toBeNull();
});

test("a private droplet has no public interface, and none is listed", async () => {
  const leaf = await read({ public_networking: false });
  expect([leaf("interfaces"), leaf("interfaces/public/0/mac"), leaf("interfaces/private/0/type")]).toEqual(["private/", null, "private"]);
});

test("a reserved address shows while it is assigned, under both names", async () => {
  const leaf = await read({});
  await client.ask("POST", "/v2/reserved_ips", { droplet_id: id });
  await client.settle();
  expect([leaf("reserved_ip/ipv4/active"), leaf("reserved_ip/ipv4/ip_address"), leaf("floating_ip/ipv4/ip_address")]).toEqual(["true", "198.19.0.1", "198.19.0.1"]);
});

describe("over HTTP", () => {
  let server: Server;
  let url: string;
  let source: string;
  beforeEach(async () => {
    const lookUpSource = { cloud: client.api.cloud, dropletAt: (address: string) => (address === "127.0.0.1" ? client.api.dropletAt(source) : null) };
    server = createServer(createMetadata(lookUpSource, () => undefined));
    url = await listen(server);
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test("the source address says who asks; anybody else finds nothing", async () => {
    await read({});
    for (source of ["198.18.1.1", "10.10.0.2", "10.17.0.2"]) {
      const reply = await fetch(`${url}/metadata/v1/hostname`);
      expect([reply.status, await reply.text()]).toEqual([200, "app-1"]);
    }
    const document = await fetch(`${url}/metadata/v1.json`);
    expect(document.headers.get("content-type")).toBe("application/json");
    expect(await document.json()).toMatchObject({
      droplet_id: id, hostname: "app-1", region: "fra1", public_keys: [aKey], tags: ["app", "web"], user_data: "#cloud-config\n",
      interfaces: { public: [{ ipv4: { ip_address: "198.18.1.1" }, anchor_ipv4: { ip_address: "10.17.0.2" } }], private: [{ ipv4: { ip_address: "10.10.0.2" } }] },
    });
    expect((await fetch(`${url}/metadata/v1/`)).status).toBe(200);
    expect((await fetch(`${url}/metadata/v1/nothing`)).status).toBe(404);
    expect((await fetch(`${url}/latest/meta-data`)).status).toBe(404);
    expect((await fetch(`${url}/metadata/v1/id`, { method: "POST" })).status).toBe(405);
    source = "198.18.9.9";
    expect((await fetch(`${url}/metadata/v1/id`)).status).toBe(404);
  });
});
