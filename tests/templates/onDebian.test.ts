import { buffer } from "node:stream/consumers";
import { tar } from "../../components/artifacts/tar.ts";
import { filesOf } from "../../components/rendering/files.ts";
import { renderUserData, type Role } from "../../components/userData.ts";
import { yamlOf } from "./support/cloudConfig.ts";
import { describeOnDebian, onDebian } from "./support/debian.ts";
import { roles } from "./support/roles.ts";

/** All that the role's user-data would put on a machine, and the user-data itself as `/user-data`, unpacked as `/cloud-config`. */
async function rootOf(role: Role): Promise<Buffer> {
  const files = [...filesOf(role), { path: "/user-data", permissions: "0600", content: renderUserData(role) },
    { path: "/cloud-config", permissions: "0600", content: yamlOf(renderUserData(role)) },
    // What the apply script and the topology agent write.
    { path: "/etc/quickcart/instance.env", permissions: "0644", content: "INSTANCE_ID=1\nPRIVATE_ADDRESS=127.0.0.1\nPUBLIC_ADDRESS=\n" },
    { path: "/etc/bird/source.conf", permissions: "0644", content: "define source_address = 100.66.0.4;\n" },
    { path: "/etc/bird/machines.conf", permissions: "0644", content: 'neighbor 100.64.0.4 dev "egress1"; # app-1\n' },
    { path: "/opt/quickcart/runtime/node", permissions: "0755", content: "" },
    { path: "/opt/quickcart/app/test_instance/node", permissions: "0755", content: "" }];
  return await buffer(tar(files.map(({ path, permissions, content }) => ({
    name: path.slice(1), mode: Number.parseInt(permissions, 8), size: Buffer.byteLength(content), content: [Buffer.from(content)],
  }))));
}

/** Without a cloud: what cloud-init itself makes of the user-data. */
const unpacks = `
from cloudinit.user_data import UserDataProcessor
parts = UserDataProcessor(None).process(open("/user-data").read())
[part] = [part for part in parts.walk() if not part.is_multipart()]
assert part.get_content_type() == "text/cloud-config", part.get_content_type()
assert part.get_payload(decode=True) == open("/cloud-config", "rb").read()
`;

/** As before HAProxy and keepalived start, with a certificate that is one. */
const loadBalancer = `
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=www.example.com -keyout /key -out /crt 2> /dev/null
  cat /crt /key > /etc/haproxy/site.pem
  mkdir -p /run/quickcart-lb
  : > /run/haproxy/servers.state
  for key in 1 2 3; do openssl rand -base64 80 | tr -d "\\n"; echo; done > /run/haproxy/ticket.keys
  export PRIVATE_ADDRESS=127.0.0.1
  /usr/local/sbin/quickcart-haproxy
  haproxy -c -q -f /run/haproxy/quickcart.cfg
  /usr/local/sbin/quickcart-overlay
  keepalived -t
  logrotate --debug /etc/quickcart/logrotate.conf 2> /dev/null`;

describeOnDebian("the machines' own programs accept what is rendered", () => {
  test.each(Object.entries(roles))("for %s", async (_, role) => {
    const said = onDebian(await rootOf(role), `set -e
      cloud-init schema --config-file /cloud-config
      python3 -c '${unpacks}'
      for file in /usr/local/sbin/*; do bash -n "$file"; done
      nft --check --file /etc/nftables.conf
      mkdir -p /run/sshd && ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key <<< y > /dev/null && sshd -t
      ! [ -e /etc/bird/bird.conf ] || bird -p
      ${role.tier === "lb" ? loadBalancer : ""}
      systemd-analyze verify --man=no /etc/systemd/system/quickcart-*.service
      curl --config /etc/quickcart/storage.curl --version > /dev/null`);
    // There is no cloud to detect here, which is its only remark.
    expect(said.split("\n").filter((line) => line !== "" && !line.includes("datasource not detected"))).toEqual(["Valid schema /cloud-config"]);
  });
});

describeOnDebian("a first boot that a power loss cut short", () => {
  test("is made up for at the next boots, until it has come to its end", async () => {
    const said = onDebian(await rootOf(roles["app-1"]), `set -e
      grep -q 'scripts[-_]per[-_]boot' /etc/cloud/cloud.cfg
      printf '#!/bin/sh\necho applies\n! [ -e /storage-is-back ] || touch /etc/quickcart/applied\n' > /usr/local/sbin/quickcart-apply
      boot() { echo boots; python3 -c 'from cloudinit.subp import runparts; runparts("/var/lib/cloud/scripts/per-boot")'; }
      boot; boot; touch /storage-is-back; boot; boot`);
    expect(said.trim().split("\n")).toEqual(["boots", "applies", "boots", "applies", "boots", "applies", "boots"]);
  });
});

describeOnDebian("a machine on Linode", () => {
  const own = "lo UNKNOWN 127.0.0.1/8\neth0 UP 192.0.2.7/24 192.168.130.9/17\n";
  test.each([
    ["with a public interface", "10.10.10.2", "ipv4.public: 192.0.2.7/32", `${own}eth1 UP 10.10.10.2/23`],
    ["in a VPC of another range", "172.20.8.3", "ipv4.public: 192.0.2.7/32", `${own}eth1 UP 172.20.8.3/21`],
    ["in a VPC of the third range", "192.168.12.3", "ipv4.public: 192.0.2.7/32", `${own}eth1 UP 192.168.12.3/21`],
    ["without one, and with its overlay", "10.10.2.2", "", "lo UNKNOWN 127.0.0.1/8 100.66.2.2/32\neth0 UP 10.10.2.2/23\negress1 UNKNOWN 100.64.2.2/16"],
  ])("%s knows its address in the VPC", async (_, address, network, addresses) => {
    const said = onDebian(await rootOf(roles["linode-bastion-1"]), `set -e
      curl() { case "$*" in *network) echo '${network}';; *) echo token;; esac; }
      ip() { echo '${addresses}'; }
      eval "$(sed -n '/^read_metadata() {/,/^}/p' /usr/local/sbin/quickcart-apply)"
      read_metadata
      echo "$PRIVATE_ADDRESS $PUBLIC_ADDRESS"`);
    expect(said.trim()).toBe(`${address} ${network === "" ? "" : "192.0.2.7"}`.trim());
  });
});
