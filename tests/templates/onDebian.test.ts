import { filesOf } from "../../components/rendering/files.ts";
import { file, type RenderedFile, script, secret } from "../../components/rendering/renderedFile.ts";
import { renderUserData, type Role } from "../../components/userData.ts";
import { yamlOf } from "./support/cloudConfig.ts";
import { describeOnDebian, onDebian } from "./support/debian.ts";
import { rootOf } from "./support/root.ts";
import { roles } from "./support/roles.ts";

/** All that the role's user-data would put on a machine, and the user-data itself as `/user-data`, unpacked as `/cloud-config`. */
async function machine(role: Role): Promise<Buffer> {
  return await rootOf([...filesOf(role), ...made(role)]);
}

function made(role: Role): RenderedFile[] {
  return [
    secret("/user-data", renderUserData(role)), secret("/cloud-config", yamlOf(renderUserData(role))),
    // What the apply script and the topology agent write.
    file("/etc/quickcart/instance.env", "INSTANCE_ID=1\nPRIVATE_ADDRESS=127.0.0.1\nPUBLIC_ADDRESS=\n"),
    file("/etc/bird/source.conf", "define source_address = 100.66.0.4;\n"),
    file("/etc/bird/machines.conf", 'neighbor 100.64.0.4 dev "egress1"; # app-1\n'),
    script("/opt/quickcart/runtime/node", ""),
    script("/opt/quickcart/app/test_instance/node", ""),
  ];
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
  cp /crt /etc/haproxy/site.pem && cp /key /etc/haproxy/site.pem.key
  mkdir -p /run/quickcart-lb
  echo 1 > /run/haproxy/servers.state
  for key in 1 2 3; do openssl rand -base64 80 | tr -d "\\n"; echo; done > /run/haproxy/ticket.keys
  export PRIVATE_ADDRESS=127.0.0.1
  /usr/local/sbin/quickcart-haproxy
  haproxy -c -f /run/haproxy/quickcart.cfg > /dev/null
  /usr/local/sbin/quickcart-overlay
  if timeout 1 /usr/local/sbin/quickcart-peered; then echo "quickcart-peered waits for nobody"; exit 1; fi
  bridge fdb append 00:00:00:00:00:00 dev vrrp dst 192.0.2.2
  timeout 1 /usr/local/sbin/quickcart-peered
  keepalived -t
  logrotate --debug /etc/quickcart/logrotate.conf 2> /dev/null`;

/** Everything that can be asked about its settings. */
const checks = (tier: Role["tier"]): string => `set -e
  cloud-init schema --config-file /cloud-config
  python3 -c '${unpacks}'
  for file in /usr/local/sbin/*; do bash -n "$file"; done
  nft --check --file /etc/nftables.conf
  mkdir -p /run/sshd && ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key <<< y > /dev/null && sshd -t
  ! [ -e /etc/bird/bird.conf ] || bird -p
  ${tier === "lb" ? loadBalancer : ""}
  systemd-analyze verify --man=no $(find /etc/systemd/system -maxdepth 1 -type f -name 'quickcart-*')
  curl --config /etc/quickcart/storage.curl --version > /dev/null`;

describeOnDebian("the machines' own programs accept what is rendered", () => {
  test.each(Object.entries(roles))("for %s", async (_, role) => {
    const said = onDebian(await machine(role), checks(role.tier));
    // There is no cloud to detect here, which is its only remark.
    expect(said.split("\n").filter((line) => line !== "" && !line.includes("datasource not detected"))).toEqual(["Valid schema /cloud-config"]);
  });
});

describeOnDebian("a mistake in what is rendered", () => {
  test.each([
    ["HAProxy's configuration", "/etc/haproxy/haproxy.cfg", "retry-on conn-failure", "retry-on con-failure", /'con-failure'/],
    ["keepalived's", "/etc/keepalived/keepalived.conf", "down_timer_adverts", "down_timer", /Unknown keyword 'down_timer'/],
    ["the firewall's", "/etc/nftables.conf", "ip protocol vrrp", "ip protocol vrpp", /nftables\.conf:\d+/],
    ["a unit", "/etc/systemd/system/quickcart-lb.service", "Restart=always", "Restart=allways", /Restart=/],
  ])("in %s is noticed", async (_, path, right, wrong, words) => {
    const files = filesOf(roles["lb-1"]).map((one) => one.path === path ? { ...one, content: one.content.replace(right, wrong) } : one);
    const root = await rootOf([...files, ...made(roles["lb-1"])]);
    let said = "";
    try {
      said = onDebian(root, checks("lb"));
    } catch (error) {
      said = String(error);
    }
    expect(said).toMatch(words);
  });
});

describeOnDebian("a first boot that a power loss cut short", () => {
  test("is made up for at the next boots, until it has come to its end", async () => {
    const said = onDebian(await machine(roles["app-1"]), `set -e
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
    const said = onDebian(await machine(roles["linode-bastion-1"]), `set -e
      curl() { case "$*" in *network) echo '${network}';; *) echo token;; esac; }
      ip() { echo '${addresses}'; }
      eval "$(sed -n '/^read_metadata() {/,/^}/p' /usr/local/sbin/quickcart-apply)"
      read_metadata
      echo "$PRIVATE_ADDRESS $PUBLIC_ADDRESS"`);
    expect(said.trim()).toBe(`${address} ${network === "" ? "" : "192.0.2.7"}`.trim());
  });
});
