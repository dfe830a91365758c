import { ports } from "../../components/ports.ts";
import type { Machine } from "../documents.ts";

/**
 * The overlay that carries the private machines' outbound traffic to the two gateways (the bastions). One VXLAN a
 * gateway; all addresses follow from a machine's address in the VPC, so that no machine is told another's.
 * Templates render these same numbers.
 */
export type Gateway = 1 | 2;

const network = (gateway: Gateway): string => `100.${63 + gateway}`;

export const overlay = {
  /** Shared address space (RFC 6598): used by no VPC of either cloud. */
  cidr: "100.64.0.0/14",
  /** A machine's address whichever gateway it uses: connections of the dead gateway get a reset and can retry. */
  sourceNetwork: "100.66",
  port: ports.vxlan.from,
  /** The private machines' routing table for what leaves the VPC. */
  table: 100,
  /** The VPCs' 1,500 less the headers of VXLAN over IPv4. */
  mtu: 1450,
  device: (gateway: Gateway): string => `egress${gateway}`,
  vni: (gateway: Gateway): number => 100 + gateway,
  mac: (gateway: Gateway): string => `02:71:63:00:00:0${gateway}`,
  network,
  gatewayAddress: (gateway: Gateway): string => `${network(gateway)}.255.254`,
  /** Of a private machine in the gateway's VXLAN: the low 16 bits of its VPC address. */
  address: (gateway: Gateway, privateAddress: string): string =>
    `${network(gateway)}.${privateAddress.split(".").slice(2).join(".")}`,
} as const;

/** Those who reach the outside through a gateway. */
export function clients(machines: readonly Machine[]): Machine[] {
  return machines.filter((machine) => machine.publicAddress === null);
}
