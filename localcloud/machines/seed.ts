import { services } from "../addresses.ts";
import { type MachineSpec } from "../datacenter.ts";
import { networkConfig } from "./networkConfig.ts";

export interface SeedFile {
  /** Relative to the machine's root. */
  path: string;
  text: string;
  mode: number;
}

/**
 * What a machine finds on its disk before its first boot: cloud-init's NoCloud seed (its DigitalOcean data source wants
 * DMI tables, which containers lack) and what is known so early that waiting for cloud-init would only cost time.
 */
export function seedFiles(machine: MachineSpec): SeedFile[] {
  const seed = "var/lib/cloud/seed/nocloud";
  const metaData = { "instance-id": String(machine.id), "local-hostname": machine.name, "public-keys": machine.sshKeys };
  return [
    { path: `${seed}/meta-data`, text: `${JSON.stringify(metaData, null, 2)}\n`, mode: 0o600 },
    { path: `${seed}/network-config`, text: `${JSON.stringify(networkConfig(machine), null, 2)}\n`, mode: 0o600 },
    // User-data holds secrets.
    { path: `${seed}/user-data`, text: machine.userData ?? "", mode: 0o600 },
    { path: "etc/hostname", text: `${machine.name}\n`, mode: 0o644 },
    // networkd tells nobody of nameservers unless systemd-resolved runs, and droplets have a plain file.
    { path: "etc/resolv.conf", text: services.nameservers.map((address) => `nameserver ${address}\n`).join(""), mode: 0o644 },
    // Newer than /usr in every layer: else the first boot rebuilds caches that are there (systemd-update-done.service).
    { path: "etc/.updated", text: "", mode: 0o644 },
    { path: "var/.updated", text: "", mode: 0o644 },
  ];
}
