import { ports } from "../../components/ports.ts";

/** A load balancer's end of the tunnel between the two: `lb-1` or `lb-2`. */
export type Position = 1 | 2;

/**
 * The point-to-point VXLAN that carries VRRP, because cloud firewalls know TCP, UDP and ICMP only. Where the other end is
 * comes from the topology document; everything else is fixed, and templates render these same numbers.
 */
export const peering = {
  device: "vrrp",
  vni: 103,
  port: ports.vxlan.from,
  /** The VPCs' 1,500 less the headers of VXLAN over IPv4. */
  mtu: 1450,
  prefix: 30,
  mac: (position: Position): string => `02:71:65:00:00:0${position}`,
  address: (position: Position): string => `100.67.255.${position}`,
  other: (position: Position): Position => position === 1 ? 2 : 1,
} as const;

/** Whom to ask whether a load balancer serves: HTTP on port 80; 200 when it does, 503 when it is about to leave. */
export const presencePath = "/.well-known/quickcart-lb";
