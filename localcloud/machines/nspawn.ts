import { type MachineSpec } from "../datacenter.ts";

export interface Boot {
  machine: Pick<MachineSpec, "id" | "name">;
  /** As the host's machine registry and nspawn's own files know it. */
  hostName: string;
  root: string;
  /** Name of the network namespace that the machine is plugged into. */
  netns: string;
}

export const nspawnEnvironment = {
  // The machine gets cgroup v2 for itself, also where the host is set up with both versions.
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1",
  // Without it sysctls of the network are read-only and no machine could forward packets.
  SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network",
} as const;

/** nspawn's status when the machine asked to be rebooted. */
export const rebootStatus = 133;

/** When it powered itself off. Any other is a crash, as of a kernel that panicked: the cloud hears of none. */
export const poweredOffStatus = 0;

export function nspawnArgv({ machine, hostName, root, netns }: Boot): string[] {
  return [
    "systemd-nspawn", "--quiet", `--directory=${root}`, `--machine=${hostName}`, `--hostname=${machine.name}`,
    // Its own control groups are made by us, and the host may have no systemd at all.
    "--register=no", "--keep-unit",
    `--network-namespace-path=/run/netns/${netns}`, "--capability=CAP_NET_ADMIN",
    "--resolv-conf=off", "--timezone=off", "--link-journal=no",
    // A terminal that can only be read, so that its log is what a droplet's console shows.
    "--console=read-only", "--setenv=SYSTEMD_COLORS=0", "--setenv=TERM=dumb",
    "--boot",
  ];
}
