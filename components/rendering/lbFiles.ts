import { STATUS_CODES } from "node:http";
import { paths } from "../../agents/lb/paths.ts";
import { peering, presencePath } from "../../agents/lb/peering.ts";
import { healthCheck } from "../../agents/slots.ts";
import { ports } from "../ports.ts";
import { file, type RenderedFile, script, secret, unit } from "./renderedFile.ts";
import type { LbRole } from "./role.ts";
import { render } from "./templates.ts";
import { vrrp } from "./vrrp.ts";

/** What HAProxy itself answers, where no server does. */
const problems = [
  { status: 400, detail: "This is not a valid HTTP request." },
  { status: 408, detail: "The request did not arrive in time." },
  { status: 500, detail: "Something went wrong here." },
  { status: 502, detail: "The answer to this request was lost. It may have been carried out.", retryAfter: 1 },
  { status: 503, detail: "No server takes this request just now. Try again.", retryAfter: 1 },
  { status: 504, detail: "The answer took too long. The request may have been carried out.", retryAfter: 1 },
].map(({ status, detail, retryAfter = null }) => ({ status, title: STATUS_CODES[status] ?? "Error", detail, retryAfter }));

/** Where HAProxy reads its configuration: laid out anew before each start. */
const configuration = "/run/haproxy/quickcart.cfg";

/** The pipe into which keepalived writes its changes of state. */
const notify = `${paths.runtime}/notify`;

/** Each a file of root's alone, handed to the agent's unit. */
const credentials = ["storage.json", "address-token", "ticket-secret"];

/** What a load balancer gets beside what every machine has. */
export function lb(role: LbRole): RenderedFile[] {
  return [...base(role), ...haproxy(role), ...keepalived(role), ...agent(role)];
}

function base(role: LbRole): RenderedFile[] {
  return [
    file("/etc/sysctl.d/60-quickcart.conf", render("lb/sysctl.conf", {})),
    file("/etc/nftables.conf", render("lb/nftables.conf", { peering })),
    file("/etc/tmpfiles.d/haproxy.conf", render("lb/tmpfiles-haproxy.conf", {})),
    file("/etc/tmpfiles.d/quickcart.conf", render("lb/tmpfiles.conf", { paths, notify })),
    script("/usr/local/sbin/quickcart-overlay", render("lb/quickcart-overlay", {
      peering: peeringOf(role), floatingAddress: role.floatingAddress, addressOnLo: role.cloud === "linode",
    })),
  ];
}

function haproxy(role: LbRole): RenderedFile[] {
  return [
    file("/etc/haproxy/haproxy.cfg", render("lb/haproxy.cfg", {
      paths, presencePath, problems, health: healthCheck, hostName: role.hostName, metricsPort: ports.haproxyExporter.from,
    })),
    // HAProxy looks for the key of site.pem under this name.
    secret("/etc/haproxy/site.pem.key", role.certificateKey),
    file("/etc/systemd/system/haproxy.service.d/quickcart.conf", render("lb/haproxy-dropin.conf", { configuration })),
    script("/usr/local/sbin/quickcart-haproxy", render("lb/quickcart-haproxy", { configuration, paths })),
    file("/etc/quickcart/logrotate.conf", render("lb/logrotate.conf", {})),
    unit("quickcart-logrotate", render("lb/quickcart-logrotate.service", {})),
    file("/etc/systemd/system/quickcart-logrotate.timer", render("lb/quickcart-logrotate.timer", {})),
  ];
}

function keepalived(role: LbRole): RenderedFile[] {
  return [
    file("/etc/keepalived/keepalived.conf", render("lb/keepalived.conf", { name: role.name, paths, notify, vrrp, peering: peeringOf(role) })),
    file("/etc/systemd/system/keepalived.service.d/quickcart.conf", render("lb/keepalived-dropin.conf", {})),
    script("/usr/local/sbin/quickcart-peered", render("lb/quickcart-peered", { peering })),
    script("/usr/local/sbin/quickcart-vrrp", render("lb/quickcart-vrrp", { paths, notify })),
    unit("quickcart-vrrp", render("lb/quickcart-vrrp.service", { paths })),
  ];
}

function agent(role: LbRole): RenderedFile[] {
  return [
    file(paths.settings, render("lb/lb.json", role)),
    secret("/etc/quickcart/address-token", `${role.addressToken}\n`),
    secret("/etc/quickcart/ticket-secret", `${role.ticketSecret}\n`),
    unit("quickcart-lb", render("lb/quickcart-lb.service", { credentials, paths })),
    unit("quickcart-handover", render("lb/quickcart-handover.service", { paths })),
    script("/usr/local/sbin/quickcart-lb", render("lb/quickcart-lb", {})),
  ];
}

/** The tunnel as this end sees it. */
function peeringOf({ position }: LbRole) {
  const other = peering.other(position);
  return {
    ...peering,
    address: peering.address(position), mac: peering.mac(position), otherAddress: peering.address(other), otherMac: peering.mac(other),
  };
}
