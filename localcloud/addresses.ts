/**
 * The local cloud's "internet": 198.18.0.0/15 is reserved for benchmarking (RFC 2544) and never routed, so that no
 * packet can reach a stranger by mistake.
 */
export const publicNetwork = { cidr: "198.18.0.0/16", prefix: 16, gateway: "198.18.0.1", netmask: "255.255.0.0" } as const;

/** Droplets' public addresses are handed out from here upwards. */
export const firstPublicAddress = "198.18.1.1";

/** Reserved addresses: routed to a droplet's anchor address by the cloud, never bound to a NIC. */
export const reservedNetwork = { cidr: "198.19.0.0/16", first: "198.19.0.1" } as const;

/** DigitalOcean gives each public droplet an anchor address on eth0, where traffic to its reserved IP arrives. */
export const anchorNetwork = { cidr: "10.17.0.0/16", prefix: 16, gateway: "10.17.0.1", netmask: "255.255.0.0" } as const;

/** The services of the cloud itself, addresses bound to `lo` in the cloud's namespace. */
export const services = {
  metadata: "169.254.169.254",
  nameservers: ["198.18.0.2", "198.18.0.3"],
  api: "198.18.0.10",
  spaces: "198.18.0.11",
  packageMirror: "198.18.0.12",
  /** Answers every HTTP request with the address it came from: what drills of egress ask. */
  echo: "198.18.0.20",
} as const;

/** Names that the cloud's DNS serves; everything else is NXDOMAIN. */
export const serviceNames = {
  api: "api.digitalocean.com",
  echo: "echo.quickcart.test",
  packageMirrors: ["deb.debian.org", "security.debian.org"],
  spacesSuffix: "digitaloceanspaces.com",
} as const;
