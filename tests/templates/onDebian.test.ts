import { buffer } from "node:stream/consumers";
import { tar } from "../../components/artifacts/tar.ts";
import { filesOf } from "../../components/rendering/files.ts";
import { renderUserData, type Role } from "../../components/userData.ts";
import { describeOnDebian, onDebian } from "./support/debian.ts";
import { roles } from "./support/roles.ts";

/** All that the role's user-data would put on a machine, and the user-data itself as `/user-data`. */
async function rootOf(role: Role): Promise<Buffer> {
  const files = [...filesOf(role), { path: "/user-data", permissions: "0600", content: renderUserData(role) },
    // What the apply script and the topology agent write.
    { path: "/etc/bird/source.conf", permissions: "0644", content: "define source_address = 100.66.0.4;\n" },
    { path: "/etc/bird/machines.conf", permissions: "0644", content: 'neighbor 100.64.0.4 dev "egress1"; # app-1\n' },
    { path: "/opt/quickcart/runtime/node", permissions: "0755", content: "" },
    { path: "/opt/quickcart/app/current/node", permissions: "0755", content: "" }];
  return await buffer(tar(files.map(({ path, permissions, content }) => ({
    name: path.slice(1), mode: Number.parseInt(permissions, 8), size: Buffer.byteLength(content), content: [Buffer.from(content)],
  }))));
}

describeOnDebian("the machines' own programs accept what is rendered", () => {
  test.each(Object.entries(roles))("for %s", async (_, role) => {
    const said = onDebian(await rootOf(role), `set -e
      cloud-init schema --config-file /user-data
      for file in /usr/local/sbin/*; do bash -n "$file"; done
      nft --check --file /etc/nftables.conf
      mkdir -p /run/sshd && ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key <<< y > /dev/null && sshd -t
      ! [ -e /usr/local/sbin/quickcart-overlay ] || bird -p
      systemd-analyze verify --man=no /etc/systemd/system/quickcart-*.service
      curl --config /etc/quickcart/storage.curl --version > /dev/null`);
    // There is no cloud to detect here, which is its only remark.
    expect(said.split("\n").filter((line) => line !== "" && !line.includes("datasource not detected"))).toEqual(["Valid schema /user-data"]);
  });
});
