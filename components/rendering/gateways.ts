import { type Gateway, overlay } from "../../agents/topology/overlay.ts";

/** Both ways out as private machines see them; the first is preferred. */
export const gateways = ([1, 2] satisfies Gateway[]).map((gateway) => ({
  device: overlay.device(gateway), vni: overlay.vni(gateway), network: overlay.network(gateway), mac: overlay.mac(gateway),
  address: overlay.gatewayAddress(gateway), metric: 1000 + gateway, preference: 300 - 100 * gateway,
}));
