/** Files of the bare image, by path: the machine as its provider ships it, less what a container would wait for in vain. */
export const droplet: Readonly<Record<string, string>> = {
  "etc/cloud/cloud.cfg.d/90_droplet.cfg": `# As on a droplet: root logs in by key, and no other user is made.
datasource_list: [NoCloud]
disable_root: false
users: []
manage_etc_hosts: true
ssh_genkeytypes: [ed25519, ecdsa]
system_info:
  network:
    renderers: [networkd]
    activators: [networkd]
# The disk has its size from the start.
growpart: {mode: 'off'}
resize_rootfs: false
`,
  "etc/ssh/sshd_config.d/50-cloud-init.conf": "PasswordAuthentication no\n",
  // No address is usable before duplicate detection has waited a second or two, and the boot waits for the network.
  "etc/systemd/network/10-cloud-init-eth0.network.d/no-duplicate-detection.conf": "[Network]\nIPv6DuplicateAddressDetection=0\n",
  "etc/systemd/network/10-cloud-init-eth1.network.d/no-duplicate-detection.conf": "[Network]\nIPv6DuplicateAddressDetection=0\n",
  "etc/apt/apt.conf.d/90languages": 'Acquire::Languages "none";\n',
  "etc/hostname": "debian\n",
  "etc/fstab": "# The root file system is mounted already.\n",
};

/**
 * Units that a container cannot use or that would wake all machines of the host at the same hour. Everything else is as
 * Debian ships it.
 */
export const maskedUnits: readonly string[] = [
  "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
  "console-getty.service", "getty@tty1.service",
  "dev-hugepages.mount", "sys-fs-fuse-connections.mount", "sys-kernel-config.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
  "systemd-boot-random-seed.service", "systemd-journal-catalog-update.service", "systemd-modules-load.service",
  "systemd-network-generator.service", "systemd-pstore.service", "systemd-tpm2-setup.service", "systemd-tpm2-setup-early.service",
];

/** Enabled where Debian leaves the choice of the network's daemon open. */
export const enabledUnits: readonly string[] = ["systemd-networkd.service", "systemd-networkd-wait-online.service"];
