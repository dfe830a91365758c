import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { UserError } from "../cli/errors.ts";
import { messageOf } from "../files.ts";
import { hierarchies } from "../machines/cgroups.ts";
import { capture } from "../machines/command.ts";

/** Programs of the host, and the Debian package that has each. */
const programs = {
  ip: "iproute2",
  bridge: "iproute2",
  nft: "nftables",
  conntrack: "conntrack",
  dnsmasq: "dnsmasq-base",
  "systemd-nspawn": "systemd-container",
  debootstrap: "debootstrap",
  nsenter: "util-linux",
  unshare: "util-linux",
  setpriv: "util-linux",
  mount: "mount",
  "mkfs.ext4": "e2fsprogs",
  ssh: "openssh-client",
} as const;

/** Tried for real, in a namespace that is gone at once: what a kernel was built with says less. */
const kernelTrial = `
ip link set lo up
ip link add trial-bridge type bridge
ip link add trial-a type veth peer name trial-b
ip link set trial-a master trial-bridge
ip link add trial-vxlan type vxlan id 7 dstport 4789 dev trial-b
nft -f - <<'END'
table bridge trial {
  chain c {
    type filter hook prerouting priority -300; policy accept;
  }
}
table inet trial {
  chain c {
    type nat hook prerouting priority -100; policy accept;
  }
  chain d {
    type filter hook forward priority 0; policy accept;
    ct state established accept
  }
}
END
test -e /proc/sys/net/bridge/bridge-nf-call-iptables
`;

/**
 * Distributions' kernels have it as a module that nothing loads by itself, unlike all the others. It would send what
 * passes the host's own bridges through the host's own firewall: that stays as it was.
 */
const loadBridgeFilter = `
test -e /proc/sys/net/bridge/bridge-nf-call-iptables && exit
modprobe br_netfilter || exit
for tables in iptables ip6tables arptables; do echo 0 > "/proc/sys/net/bridge/bridge-nf-call-$tables"; done
`;

/** Everything that `up` needs of this machine, all faults at once. */
export async function checkHost(): Promise<void> {
  if (process.platform !== "linux") throw new UserError("the local cloud needs Linux: its machines and networks are the kernel's own");
  if (process.getuid?.() !== 0) throw new UserError("the local cloud makes namespaces, mounts and bridges: run this as root");
  const faults: string[] = [];
  const missing = Object.entries(programs).filter(([program]) => !isOnPath(program));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, from]) => from))].join(" ");
    faults.push(`missing ${missing.length === 1 ? "program" : "programs"}: ${missing.map(([program]) => program).join(", ")}. On Debian and Ubuntu: apt-get install ${packages}`);
  }
  await hierarchies().catch((error: unknown) => faults.push(messageOf(error)));
  if (missing.length === 0) {
    await capture(["sh", "-c", loadBridgeFilter]);
    const { code, stderr } = await capture(["unshare", "--net", "sh", "-e", "-c", kernelTrial]);
    if (code !== 0) {
      faults.push(`the kernel refused what the networks need (bridges, veth, VXLAN, nftables, br_netfilter): ${stderr.trim() || "br_netfilter is missing; try: modprobe br_netfilter"}`);
    }
  }
  if (!(await hasOverlay())) faults.push("the kernel has no overlay file system; try: modprobe overlay");
  if (faults.length > 0) throw new UserError(`this machine cannot run the local cloud:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
}

async function hasOverlay(): Promise<boolean> {
  const { stdout } = await capture(["cat", "/proc/filesystems"]);
  if (/\boverlay$/m.test(stdout)) return true;
  return (await capture(["sh", "-c", "modprobe overlay"])).code === 0;
}

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
