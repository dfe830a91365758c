import { createHash } from "node:crypto";
import { droplet, maskedUnits } from "./configuration.ts";
import { type RolePackages, allPackages } from "./packages.ts";

/** What DigitalOcean's image is made of, as far as a container can tell. */
export const suite = "trixie";

/** What the installed machine names, whichever mirror it was made from. */
export const publicMirror = "http://deb.debian.org/debian";
export const publicSecurityMirror = "http://deb.debian.org/debian-security";

/**
 * Beside debootstrap's minimal variant: an init with its network daemon, remote access, cloud-init, and the tools that an
 * administrator expects on a Debian server. No kernel, no firmware, no udev: a container has none.
 */
export const barePackages = [
  "bash-completion", "ca-certificates", "cloud-init", "cron", "curl", "dbus", "gnupg", "init", "iproute2", "iputils-ping", "kmod", "less",
  "libpam-systemd", "logrotate", "nano", "netbase", "nftables", "openssh-server", "procps", "python3", "sudo", "systemd-sysv",
  "systemd-timesyncd", "tzdata", "wget",
];

/** Raised when the steps of the bake change in a way that its inputs do not show. */
const version = 1;

/** Names the bare image by what it is made of: nothing is baked twice. */
export function bareKey(architecture: string): string {
  return digest([version, suite, architecture, barePackages, droplet, maskedUnits]);
}

export function bakedKey(architecture: string, packages: RolePackages): string {
  return digest([bareKey(architecture), allPackages(packages)]);
}

function digest(inputs: unknown): string {
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);
}
