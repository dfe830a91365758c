import { noticedAfterMs, slotPort, slots } from "../../agents/slots.ts";
import { overlay } from "../../agents/topology/overlay.ts";
import { egress, privateTiers } from "../accessMatrix.ts";
import { formatPorts, ports } from "../ports.ts";
import { applyScript } from "./applyScript.ts";
import { database } from "./databaseFiles.ts";
import { databaseUrls, databaseWay } from "./databaseWay.ts";
import { gateways } from "./gateways.ts";
import { lb } from "./lbFiles.ts";
import { monitor } from "./monitorFiles.ts";
import { appliedPath, storageUrl, usesOverlay } from "./plan.ts";
import { redis, redisSeeds, redisTrust } from "./redisFiles.ts";
import { file, type RenderedFile, script, secret, unit } from "./renderedFile.ts";
import type { AppRole, BastionRole, PrivateRole, Role } from "./role.ts";
import { withRevision } from "./revision.ts";
import { render } from "./templates.ts";

/** Every file that a machine of this role gets from its user-data. */
export function filesOf(role: Role): RenderedFile[] {
  return withRevision(ownFiles(role));
}

function ownFiles(role: Role): RenderedFile[] {
  switch (role.tier) {
    case "bastion": return [...common(role), ...bastion(role)];
    case "app": return [...common(role), ...privateMachine(role), ...app(role)];
    case "lb": return [...common(role), ...lb(role)];
    case "db": return [...common(role), ...privateMachine(role), ...database(role)];
    case "redis": return [...common(role), ...privateMachine(role), ...redis(role)];
    case "monitor": return [...common(role), ...privateMachine(role), ...monitor(role)];
    default: return role satisfies never;
  }
}

function common(role: Role): RenderedFile[] {
  const storage = { ...role.storage, url: storageUrl(role) };
  return [
    secret("/etc/quickcart/storage.curl", render("base/storage.curl", { storage })),
    secret("/etc/quickcart/storage.json", render("base/storage.json", { storage })),
    file("/etc/ssh/sshd_config.d/10-quickcart.conf", render("base/sshd.conf", {})),
    unit("quickcart-topology", render("base/quickcart-topology.service", {
      overlay: usesOverlay(role), environment: topologyEnvironment(role),
    })),
    file("/etc/systemd/system/quickcart-.service.d/sandbox.conf", render("base/sandbox.conf", {})),
    script("/usr/local/sbin/quickcart-apply", applyScript(role)),
    script("/var/lib/cloud/scripts/per-boot/quickcart", render("base/first-boot", { applied: appliedPath })),
    ...usesOverlay(role) ? [
      unit("quickcart-overlay", render("base/quickcart-overlay.service", {
        description: role.tier === "lb" ? "VXLAN to the other load balancer" : "VXLANs that carry the private machines' way out",
      })),
      file("/etc/systemd/networkd.conf.d/10-quickcart.conf", render("base/networkd.conf", {})),
    ] : [],
  ];
}

/** What the topology agent has to do there beside names. */
function topologyEnvironment(role: Role): string | null {
  switch (role.tier) {
    case "bastion": return `GATEWAY=${role.gateway}`;
    case "lb": return `POSITION=${role.position}`;
    case "app": case "db": case "redis": case "monitor": return null;
    default: return role satisfies never;
  }
}

function bastion(role: BastionRole): RenderedFile[] {
  const { gateway } = role;
  const values = {
    overlay: {
      ...overlay,
      device: overlay.device(gateway), vni: overlay.vni(gateway), mac: overlay.mac(gateway), address: overlay.gatewayAddress(gateway),
    },
    forwarded: forwarded(),
  };
  return [
    file("/etc/sysctl.d/60-quickcart.conf", render("bastion/sysctl.conf", {})),
    // Its sysctl is there only once it is loaded; at boot nftables would load it too late, and a small machine's own limit is some thousands.
    file("/etc/modules-load.d/quickcart.conf", "nf_conntrack\n"),
    file("/etc/nftables.conf", render("bastion/nftables.conf", values)),
    file("/etc/bird/bird.conf", render("bastion/bird.conf", values)),
    script("/usr/local/sbin/quickcart-overlay", render("bastion/quickcart-overlay", values)),
    unit("quickcart-announce", render("bastion/quickcart-announce.service", values)),
  ];
}

/** What machines without a public interface have in common: the rules of their own nftables, and the way out. */
function privateMachine(role: PrivateRole): RenderedFile[] {
  return [
    file("/etc/sysctl.d/60-quickcart.conf", render(`${role.tier}/sysctl.conf`, {})),
    file("/etc/nftables.conf", render("private/nftables.conf", { overlay: usesOverlay(role), ports, members: role.tier === "db" ? role.members : null })),
    ...usesOverlay(role) ? [
      file("/etc/bird/bird.conf", render("private/bird.conf", { overlay, gateways })),
      script("/usr/local/sbin/quickcart-overlay", render("private/quickcart-overlay", { overlay, gateways })),
    ] : [],
  ];
}

function app(role: AppRole): RenderedFile[] {
  return [
    ...databaseWay(role),
    secret("/etc/quickcart/app.env", render("app/app.env", { ...role, urls: databaseUrls(role), redisSeeds, redisTrust: role.redis.tls && redisTrust, noticeSeconds: Math.ceil(noticedAfterMs / 1000) })),
    ...slots.map((slot) => file(`/etc/quickcart/app-${slot}.env`, `PORT=${slotPort(role.port, slot)}\n`)),
    unit("quickcart-release", render("app/quickcart-release.service", role)),
    unit("quickcart-app@", render("app/quickcart-app@.service", {})),
  ];
}

/** What the access matrix lets private machines reach outside, as nftables writes it; everything else is dropped. */
function forwarded(): string {
  return egress
    .filter(({ tiers }) => tiers.some((tier) => privateTiers.some((one) => one === tier)))
    .map(({ protocol, ports }) => `${protocol} . ${formatPorts(ports)}`)
    .join(", ");
}
